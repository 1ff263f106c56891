// What every command is given beside its own options.
#pragma once

#include <atomic>

#include "cmd/cli.h"
#include "cmd/console.h"

namespace spdlog {
class logger;
}

namespace rowplan::cmd {

class Interrupt;

struct Context {
  const GlobalOptions& global;
  Console& console;
  spdlog::logger& log;
  const Interrupt* interrupt = nullptr;  ///< none for verbs that talk to no server

  [[nodiscard]] const std::atomic<bool>* stop() const noexcept;
  [[nodiscard]] int signal() const noexcept;  ///< the one that asked to stop, or 0
};

}  // namespace rowplan::cmd
