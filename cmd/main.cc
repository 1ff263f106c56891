#include "cmd/cli.h"

int main(int argc, char** argv) { return rowplan::cmd::run(argc, argv); }
