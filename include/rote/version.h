/* Who computed a result: names of the program and of what it was built with. */
#ifndef ROTE_VERSION_H
#define ROTE_VERSION_H

const char *rote_version(void); /* "0.2.0" */
const char *
rote_commit(void); /* short git commit, "-dirty" if changed; "unknown" outside a checkout */
const char *rote_compiler(void); /* "gcc 12.2.0" */
const char *rote_build_type(void);

#endif
