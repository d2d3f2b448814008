#include "command.h"

int main(int argc, char **argv)
{
  return rote_command_main(argc, argv);
}
