#include "rote/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

static rote_status digest(const EVP_MD *kind, const char *name, size_t n, const void *const *block,
                          const size_t *bytes, char *text)
{
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  int good = context != NULL && EVP_DigestInit_ex(context, kind, NULL) == 1;
  for (size_t i = 0; good && i < n; i++) {
    good = EVP_DigestUpdate(context, block[i], bytes[i]) == 1;
  }
  good = good && EVP_DigestFinal_ex(context, hash, &length) == 1;
  EVP_MD_CTX_free(context);
  if (!good) {
    return rote_fail(ROTE_INTERNAL, "libcrypto cannot compute %s", name);
  }
  for (size_t i = 0; i < length; i++) {
    snprintf(text + 2 * i, 3, "%02x", hash[i]);
  }
  return ROTE_OK;
}

rote_status rote_digest(size_t n, const void *const *block, const size_t *bytes, char *text)
{
  return digest(EVP_sha256(), "SHA-256", n, block, bytes, text);
}

rote_status rote_digest_md5(size_t n, const void *const *block, const size_t *bytes, char *text)
{
  return digest(EVP_md5(), "MD5", n, block, bytes, text);
}
