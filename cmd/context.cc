#include "cmd/context.h"

#include "cmd/interrupt.h"

namespace rowplan::cmd {

const std::atomic<bool>* Context::stop() const noexcept {
  return interrupt == nullptr ? nullptr : &interrupt->stop();
}

int Context::signal() const noexcept { return interrupt == nullptr ? 0 : interrupt->signal(); }

}  // namespace rowplan::cmd
