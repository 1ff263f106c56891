// Changes of a part of a table, until their turn to be written comes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "planner/table_compare.h"

namespace rowplan::planner {

/// Keeps changes in a file without a name, that nobody but its owner may read: their number is not
/// bounded by memory, and nothing of them is left behind, whatever happens. Throws FileError.
class ChangeSpool : public ChangeSink {
 public:
  explicit ChangeSpool(const std::filesystem::path& directory);

  void append(const Change& change) override;
  void mark() override;
  void rollback() override;

  /// Hands all of them on, their chunks' numbers raised by `chunks`.
  void hand_on(ChangeSink& sink, std::uint64_t chunks);
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  [[noreturn]] void fail(const char* doing) const;

  std::filesystem::path directory_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t marked_ = 0;
};

}  // namespace rowplan::planner
