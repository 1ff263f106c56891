#include "planner/manifest.h"

namespace rowplan::planner {

const char* access_name(Access access) noexcept {
  switch (access) {
    case Access::read_only:
      return "read-only";
    case Access::read_write:
      return "read-write";
  }
  return "";
}

const char* direction_name(Direction direction) noexcept {
  switch (direction) {
    case Direction::one_way:
      return "one-way";
    case Direction::two_way:
      return "two-way";
    case Direction::via_source:
      return "via-source";
  }
  return "";
}

const char* filter_moved_name(FilterMoved moved) noexcept {
  switch (moved) {
    case FilterMoved::refuse:
      return "refuse";
    case FilterMoved::follow:
      return "follow";
  }
  return "";
}

const char* deletes_name(Deletes deletes) noexcept {
  switch (deletes) {
    case Deletes::apply:
      return "apply";
    case Deletes::ignore:
      return "ignore";
  }
  return "";
}

const char* method_name(Method method) noexcept {
  switch (method) {
    case Method::automatic:
      return "auto";
    case Method::stream:
      return "stream";
    case Method::checksum:
      return "checksum";
  }
  return "";
}

const char* assumption_name(Assumption assumption) noexcept {
  switch (assumption) {
    case Assumption::no_triggers:
      return "no_triggers";
    case Assumption::no_foreign_children:
      return "no_foreign_children";
    case Assumption::not_a_replica:
      return "not_a_replica";
  }
  return "";
}

bool Limit::allows(std::uint64_t count, std::uint64_t compared) const noexcept {
  if (!is_share) return count <= rows;
  if (count < kShareFromRows) return true;
  // In two steps: the product of the two does not fit.
  constexpr std::uint64_t kWhole = 1'000'000;
  const std::uint64_t allowed =
      compared / kWhole * share_ppm + compared % kWhole * share_ppm / kWhole;
  return count <= allowed;
}

std::string to_string(const Limit& limit) {
  if (!limit.is_share) return std::to_string(limit.rows);
  std::string text = std::to_string(limit.share_ppm / 10'000);
  std::string decimals = std::to_string(10'000 + limit.share_ppm % 10'000).substr(1);
  while (decimals.ends_with('0')) decimals.pop_back();
  if (!decimals.empty()) text += '.' + decimals;
  return text + '%';
}

std::vector<std::string> members_of(const std::string& source, const std::string& target,
                                    const std::vector<std::string>& spokes) {
  std::vector<std::string> members = {source};
  if (spokes.empty()) members.push_back(target);
  members.insert(members.end(), spokes.begin(), spokes.end());
  return members;
}

std::vector<std::string> PairSpec::members() const { return members_of(source, target, spokes); }

std::vector<std::string> PairSpec::written() const {
  if (two_way()) return members();
  return {via_source() ? source : target};
}

const TableOptions& options_for(const PairSpec& pair, std::string_view db_table) {
  for (const TableOverride& override : pair.overrides) {
    if (override.db_table == db_table) return override.options;
  }
  return pair.options;
}

std::filesystem::path beside(const std::string& file, const std::string& path) {
  std::filesystem::path given(path);
  if (given.is_absolute()) return given;
  return std::filesystem::path(file).parent_path() / given;
}

}  // namespace rowplan::planner
