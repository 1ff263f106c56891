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

void BaselineMovesWriter::entry(char kind, std::uint64_t chunk, std::string_view key,
                                std::string_view value) {
  if (!file_) file_ = directory_.open_file(path_);
  std::string line(1, kind);
  line += ' ' + std::to_string(chunk) + ' ' + mysql::hex_lower(key) + ' ';
  line += value;
  line += '\n';
  file_->append(line);
}

void BaselineMovesWriter::intent(std::uint64_t chunk, std::string_view key,
                                 std::string_view value) {
  entry('i', chunk, key, mysql::hex_lower(value));
}

void BaselineMovesWriter::move(std::uint64_t chunk, std::string_view key,
                               const std::optional<std::string>& value) {
  entry('m', chunk, key, value ? mysql::hex_lower(*value) : std::string(kGone));
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
  Entry entry;
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

bool BaselineMovesReader::next(Entry& entry) {
  std::string_view rest;
  if (!file_.next_line(rest)) return false;
  const std::string_view kind = take_word(rest);
  const std::string_view chunk = take_word(rest);
  const auto key = bytes_of(take_word(rest));
  const auto value = rest == kGone ? std::optional<std::string>() : bytes_of(rest);
  entry.is_intent = kind == "i";
  const char* const end = chunk.data() + chunk.size();
  const auto [stop, error] = std::from_chars(chunk.data(), end, entry.chunk);
  if ((kind != "i" && kind != "m") || error != std::errc() || stop != end || !key ||
      (!value && (rest != kGone || entry.is_intent)))
    throw PlanError(path_, "not an entry of a baseline");
  entry.key = *key;
  entry.value = value;
  return true;
}

ChunkMoves BaselineMovesReader::chunk(std::uint64_t id) {
  ChunkMoves found;
  const auto place = offsets_.find(id);
  if (place == offsets_.end()) return found;
  file_.seek(place->second);
  Entry entry;
  while (next(entry)) {
    if (entry.chunk != id && entry.chunk != 0) break;
    if (entry.chunk == 0) continue;
    if (entry.is_intent)
      found.intents.push_back({std::move(entry.key), *std::move(entry.value)});
    else
      found.moves.push_back({std::move(entry.key), std::move(entry.value)});
  }
  return found;
}

void BaselineMovesReader::visit(
    const std::function<void(std::uint64_t, const state::BaselineChange&)>& visitor) {
  file_.seek(0);
  Entry entry;
  while (next(entry))
    if (!entry.is_intent) visitor(entry.chunk, {std::move(entry.key), std::move(entry.value)});
}

}  // namespace rowplan::planner
