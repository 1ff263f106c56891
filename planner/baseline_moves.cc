#include "planner/baseline_moves.h"

#include <algorithm>
#include <charconv>

#include "mysql/quote.h"
#include "planner/plan_error.h"

namespace rowplan::planner {

namespace {

constexpr std::string_view kGone = "-";

/// Takes the word in front off `rest`.
std::string_view take_word(std::string_view& rest) {
  const std::size_t space = rest.find(' ');
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  return word;
}

std::optional<std::string> bytes_of(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes(digits.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    unsigned value = 0;
    const char* const end = digits.data() + 2 * i + 2;
    const auto [stop, error] = std::from_chars(digits.data() + 2 * i, end, value, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    bytes[i] = static_cast<char>(value);
  }
  return bytes;
}

}  // namespace

BaselineMovesWriter::BaselineMovesWriter(PlanDirectory& directory, std::string path)
    : directory_(directory), path_(std::move(path)) {}

void BaselineMovesWriter::append(const BaselineEntry& entry) {
  if (!file_) file_ = directory_.open_file(path_);
  const char* const kinds = "imo";
  std::string line(1, kinds[static_cast<std::size_t>(entry.kind)]);
  line += ' ' + std::to_string(entry.chunk) + ' ' + mysql::hex_lower(entry.key);
  if (entry.kind != BaselineEntry::Kind::intent)
    line += ' ' + (entry.value ? mysql::hex_lower(*entry.value) : std::string(kGone));
  if (entry.kind != BaselineEntry::Kind::move) line += ' ' + mysql::hex_lower(entry.intent);
  if (entry.kind == BaselineEntry::Kind::option) line += ' ' + std::to_string(entry.member);
  file_->append(line + '\n');
}

std::string BaselineMovesWriter::close() {
  if (!file_) return "";
  file_->close();
  file_.reset();
  return path_;
}

BaselineMovesReader::BaselineMovesReader(const LoadedPlan& plan, const PlanTable& table)
    : path_(table.baseline->path),
      file_([directory = plan.directory, path = path_] { return open_plan_file(directory, path); },
            path_) {
  BaselineEntry entry;
  std::uint64_t last = 0;
  while (true) {
    const std::uint64_t offset = file_.offset();
    if (!next(entry)) break;
    if (entry.chunk == 0) continue;
    if (entry.chunk < last) throw PlanError(path_, "chunks do not ascend");
    last = entry.chunk;
    offsets_.try_emplace(entry.chunk, offset);
  }
  const auto& files = plan.plan.files;
  const auto listed = std::find_if(files.begin(), files.end(),
                                   [&](const PlanFile& file) { return file.path == path_; });
  if (listed == files.end() || listed->sha256 != file_.sha256())
    throw PlanError(path_, "not the file that the plan was made with");
}

bool BaselineMovesReader::next(BaselineEntry& entry) {
  using Kind = BaselineEntry::Kind;
  std::string_view rest;
  if (!file_.next_line(rest)) return false;
  const auto fail = [&]() { throw PlanError(path_, "not an entry of a baseline"); };
  const auto bytes = [&](std::string& out) {
    auto taken = bytes_of(take_word(rest));
    if (!taken) fail();
    out = *std::move(taken);
  };
  const auto number = [&](std::uint64_t& out) {
    const std::string_view word = take_word(rest);
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, out);
    if (error != std::errc() || stop != end) fail();
  };
  const std::string_view kind = take_word(rest);
  if (kind != "i" && kind != "m" && kind != "o") fail();
  entry = {};
  entry.kind = kind == "i" ? Kind::intent : kind == "m" ? Kind::move : Kind::option;
  number(entry.chunk);
  bytes(entry.key);
  if (entry.kind != Kind::intent) {
    if (rest.substr(0, rest.find(' ')) == kGone)
      (void)take_word(rest);
    else
      bytes(entry.value.emplace());
  }
  if (entry.kind != Kind::move) bytes(entry.intent);
  if (entry.kind == Kind::option) number(entry.member);
  if (!rest.empty()) fail();
  return true;
}

ChunkMoves BaselineMovesReader::chunk(std::uint64_t id) {
  ChunkMoves found;
  const auto place = offsets_.find(id);
  if (place == offsets_.end()) return found;
  file_.seek(place->second);
  BaselineEntry entry;
  while (next(entry) && (entry.chunk == id || entry.chunk == 0)) {
    if (entry.chunk == 0) continue;
    if (entry.kind == BaselineEntry::Kind::intent)
      found.intents.push_back({std::move(entry.key), std::move(entry.intent)});
    else if (entry.kind == BaselineEntry::Kind::move)
      found.moves.push_back({std::move(entry.key), std::move(entry.value)});
  }
  return found;
}

void BaselineMovesReader::visit(
    const std::function<void(std::uint64_t, const state::BaselineChange&)>& visitor) {
  visit_entries([&](BaselineEntry& entry) {
    if (entry.kind == BaselineEntry::Kind::move)
      visitor(entry.chunk, {std::move(entry.key), std::move(entry.value)});
  });
}

void BaselineMovesReader::visit_entries(const std::function<void(BaselineEntry&)>& visitor) {
  file_.seek(0);
  BaselineEntry entry;
  while (next(entry)) visitor(entry);
}

}  // namespace rowplan::planner
