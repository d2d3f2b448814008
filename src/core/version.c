#include "rote/version.h"

#include "rote_commit.h"

const char *rote_version(void)
{
  return ROTE_VERSION;
}

const char *rote_commit(void)
{
  return ROTE_COMMIT;
}

const char *rote_compiler(void)
{
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

const char *rote_build_type(void)
{
  return ROTE_BUILD_TYPE;
}
