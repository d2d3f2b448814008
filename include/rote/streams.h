/* Standard streams and signals, as every command needs them: what would lose output or leave files
 * behind without a word. */
#ifndef ROTE_STREAMS_H
#define ROTE_STREAMS_H

/** Before any file is opened. A write beyond the limit on the size of files fails instead of ending
 * the process; signals that end it remove its temporary files first (rote/file.h). A standard
 * stream that is closed is replaced by one on which every read and write fails. */
void rote_streams_begin(void);

/** At the very end; nothing is printed after it. @param[in] code  the program's exit code
 * @return it; if it is 0 but what was printed on stdout is lost, the code of ROTE_IO. A message on
 * stderr says so */
int rote_streams_end(int code);

#endif
