// rowplan_bare_writer: runs statements, one a line of stdin, and does nothing else: the floor for
// whatever writes the same rows. They are in memory before the clock starts; each commits by
// itself.
//
//   rowplan_bare_writer SOCKET DATABASE < STATEMENTS
//
// Prints the seconds that the statements took.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <vector>

#include "bare_client.h"

namespace {

double run(const std::string& socket, const std::string& database,
           const std::vector<std::string>& statements) {
  const bench::Connection connection = bench::connect(socket, database);
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& sql : statements) bench::query(connection.get(), sql);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: rowplan_bare_writer SOCKET DATABASE < STATEMENTS\n", stderr);
    return 64;
  }
  std::ios::sync_with_stdio(false);
  std::vector<std::string> statements;
  for (std::string line; std::getline(std::cin, line);) statements.push_back(line);
  try {
    std::printf("%.6f\n", run(argv[1], argv[2], statements));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rowplan_bare_writer: %s\n", error.what());
    return 1;
  }
  return 0;
}
