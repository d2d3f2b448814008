/* made_up_data FILE TRAIN TEST CHANNELS SIDE: a data file of made-up images as large as a real data
 * set, with names as CelebA has them. */
#include "rote/data_file.h"

#include <stdio.h>
#include <stdlib.h>

static rote_status make(const char *path, rote_data_info info)
{
  rote_status status = ROTE_OK;
  rote_data *data = NULL;
  char name[32];
  ROTE_TRY(rote_data_create(&info, &data));
  rote_image_set_noise(&data->train, rote_data_pixels(&info), 1);
  rote_image_set_noise(&data->test, rote_data_pixels(&info), 1);
  for (size_t i = 0; i < info.train_count; i++) {
    snprintf(name, sizeof name, "%06zu.jpg", i + 1);
    ROTE_TRY(rote_text_list_add(&data->train.name, name));
  }
  ROTE_TRY(rote_data_digest(data, data->info.sha256));
  ROTE_TRY(rote_data_file_write(path, data));
done:
  rote_data_destroy(&data);
  return status;
}

int main(int argc, char **argv)
{
  size_t number[4] = {0};
  for (int i = 0; i < 4 && i + 2 < argc; i++) {
    number[i] = (size_t)strtoul(argv[i + 2], NULL, 10);
  }
  const rote_data_info info = {.name = "made-up",
                               .source = "made up",
                               .train_count = number[0],
                               .test_count = number[1],
                               .channels = number[2],
                               .height = number[3],
                               .width = number[3]};
  if (argc != 6 || info.train_count == 0 || info.channels == 0 || info.width == 0) {
    fprintf(stderr, "usage: made_up_data FILE TRAIN TEST CHANNELS SIDE\n");
    return 64;
  }
  const rote_status status = make(argv[1], info);
  if (status != ROTE_OK) {
    fprintf(stderr, "made_up_data: %s\n", rote_fail_reason(status));
  }
  return rote_status_exit_code(status);
}
