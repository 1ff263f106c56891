#include "mysql/write_position.h"

#include <cstdint>
#include <map>
#include <sstream>

#include "mysql/log_end.h"
#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

constexpr const char* kGtids = "gtid:";
constexpr const char* kFile = "file:";

std::string file_position(Session& session) {
  try {
    const auto end = read_log_end(session);
    return end ? kFile + end->file + ":" + std::to_string(end->offset) : "";
  } catch (const Error& error) {
    if (error.is_privilege()) return "";
    throw;
  }
}

/// `0-1-17,5-2-3`: domain, server, number. By domain the highest number.
std::map<std::uint64_t, std::uint64_t> numbers_by_domain(const std::string& gtids) {
  std::map<std::uint64_t, std::uint64_t> numbers;
  std::istringstream list(gtids);
  for (std::string gtid; std::getline(list, gtid, ',');) {
    std::istringstream parts(gtid);
    std::uint64_t domain = 0;
    std::uint64_t server = 0;
    std::uint64_t number = 0;
    char dash = 0;
    if (parts >> domain >> dash >> server >> dash >> number)
      numbers[domain] = std::max(numbers[domain], number);
  }
  return numbers;
}

bool domains_contain(const std::string& now, const std::string& earlier) {
  const auto reached = numbers_by_domain(now);
  for (const auto& [domain, number] : numbers_by_domain(earlier)) {
    const auto found = reached.find(domain);
    if (found == reached.end() || found->second < number) return false;
  }
  return true;
}

/// `binlog.000012:4711`: the file's number, then the offset. Files of other names are others.
bool file_contains(const std::string& now, const std::string& earlier) {
  struct Place {
    std::string base;
    std::uint64_t file = 0;
    std::uint64_t offset = 0;
  };
  const auto place_of = [](const std::string& text) {
    const std::size_t colon = text.rfind(':');
    const std::size_t dot = text.rfind('.', colon);
    Place place;
    if (colon == std::string::npos || dot == std::string::npos) return place;
    place.base = text.substr(0, dot);
    std::istringstream(text.substr(dot + 1, colon - dot - 1)) >> place.file;
    std::istringstream(text.substr(colon + 1)) >> place.offset;
    return place;
  };
  const Place here = place_of(now);
  const Place there = place_of(earlier);
  return here.base == there.base &&
         std::pair(here.file, here.offset) >= std::pair(there.file, there.offset);
}

}  // namespace

std::string write_position(Session& session) {
  if (session.vendor() == Vendor::mariadb) {
    const TextRows rows =
        session.query("SELECT @@global.gtid_binlog_pos", "asking for the GTIDs that were logged");
    const std::string gtids = rows.at(0).at(0).value_or("");
    return gtids.empty() ? "" : kGtids + gtids;
  }
  const TextRows rows = session.query("SELECT @@global.gtid_mode, @@global.gtid_executed",
                                      "asking for the GTIDs that were executed");
  const std::string gtids = rows.at(0).at(1).value_or("");
  const bool complete = rows.at(0).at(0).value_or("") == "ON";
  return complete && !gtids.empty() ? kGtids + gtids : file_position(session);
}

bool position_contains(Session& session, const std::string& earlier) {
  if (earlier.empty()) return true;
  const std::string now = write_position(session);
  if (earlier.starts_with(kFile))
    return now.starts_with(kGtids) || (now.starts_with(kFile) && file_contains(now, earlier));
  if (!now.starts_with(kGtids)) return false;
  const std::string reached = now.substr(std::string(kGtids).size());
  const std::string wanted = earlier.substr(std::string(kGtids).size());
  if (session.vendor() == Vendor::mariadb) return domains_contain(reached, wanted);
  const TextRows rows =
      session.query("SELECT GTID_SUBSET(" + text_literal(wanted) + ", @@global.gtid_executed)",
                    "asking whether the server still holds what it held");
  return rows.at(0).at(0).value_or("0") == "1";
}

}  // namespace rowplan::mysql
