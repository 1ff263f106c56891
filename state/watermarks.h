// How far each table of an incremental pair has been synced.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "state/store.h"

namespace rowplan::state {

struct Watermark {
  std::string address;
  std::string value;  ///< opaque; compared for equality only
  std::string set_at;
  std::string plan_id;  ///< whose success moved it; empty: a person did
};

struct WatermarkMoved {};
struct WatermarkDiffers {
  std::optional<Watermark> stored;  ///< none: there is no watermark
};
using WatermarkOutcome = std::variant<WatermarkMoved, WatermarkDiffers>;

/// All throw StateError.
class Watermarks {
 public:
  explicit Watermarks(Store& store) : store_(store) {}

  [[nodiscard]] std::optional<Watermark> find(const std::string& address) const;
  [[nodiscard]] std::vector<Watermark> all() const;  ///< in order of address

  /// Moves it to `value` only if it stands at `expected` (nullopt: only if there is none).
  [[nodiscard]] WatermarkOutcome compare_and_set(const std::string& address,
                                                 const std::optional<std::string>& expected,
                                                 const std::string& value,
                                                 const std::string& plan_id);
  /// Whatever it stands at: for `state set-watermark`.
  void set(const std::string& address, const std::string& value);
  /// false: there was none.
  [[nodiscard]] bool remove(const std::string& address);

 private:
  Store& store_;
};

}  // namespace rowplan::state
