#include "planner/plan.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "planner/manifest.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kSumDigits = 16;

std::optional<std::uint64_t> sum_from(std::string_view digits) {
  if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  std::uint64_t sum = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), sum, 16);
  return sum;
}

}  // namespace

std::string to_string(const ChunkHash& hash) {
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%llu:%016llx%016llx", static_cast<unsigned long long>(hash.rows),
      static_cast<unsigned long long>(hash.high), static_cast<unsigned long long>(hash.low));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<ChunkHash> chunk_hash_from(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.size() != colon + 1 + 2 * kSumDigits) {
    return std::nullopt;
  }
  const std::string_view count = text.substr(0, colon);
  if (count.empty() || (count.size() > 1 && count[0] == '0')) return std::nullopt;
  ChunkHash hash;
  const char* const end = count.data() + count.size();
  const auto [stop, error] = std::from_chars(count.data(), end, hash.rows);
  if (error != std::errc() || stop != end) return std::nullopt;
  const auto high = sum_from(text.substr(colon + 1, kSumDigits));
  const auto low = sum_from(text.substr(colon + 1 + kSumDigits));
  if (!high || !low) return std::nullopt;
  hash.high = *high;
  hash.low = *low;
  return hash;
}

std::vector<std::string> PlanTable::servers() const { return members_of(first, target, spokes); }

std::vector<std::string> PlanTable::others() const {
  return spokes.empty() ? std::vector<std::string>{target} : spokes;
}

std::uint64_t PlanTable::rows_on(const std::string& server) const {
  const auto member = on.find(server);
  if (member != on.end()) return member->second.rows;
  return server == first ? rows_compared : target_rows;
}

std::vector<std::string> PlanTable::targets() const {
  return spokes.empty() ? std::vector<std::string>{written()} : spokes;
}

std::uint64_t rows_written(const PlanTable& table, const PlanChunk& chunk) {
  return table.key.empty() ? table.ops.changes() : chunk.changes - chunk.conflicts;
}

bool read_what_is_there(const Plan& plan) noexcept {
  return plan.complete || (plan.applyable && lacks_spokes(plan.findings));
}

}  // namespace rowplan::planner
