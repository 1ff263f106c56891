#include "cmd/junit_report.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "cmd/shown_text.h"
#include "planner/display_text.h"

namespace rowplan::cmd {
namespace {

struct TestCase {
  std::string group;    ///< the pair
  std::string name;     ///< the table
  std::string failure;  ///< empty: rows do not differ
  std::string error;    ///< empty: could be compared
  std::string skipped;  ///< why nothing is known; empty: something is
};

/// `pair` and `db.table` of an address.
TestCase case_of(const std::string& address) {
  const std::size_t slash = address.find('/');
  if (address.empty()) return {"rowplan", "check", "", "", ""};
  if (slash == std::string::npos) return {address, address, "", "", ""};
  return {address.substr(0, slash), address.substr(slash + 1), "", "", ""};
}

void add_line(std::string& text, const std::string& line) {
  if (!text.empty()) text += '\n';
  text += line;
}

std::string finding_line(const planner::Finding& finding) {
  return finding.code + ": " + finding.message +
         (finding.hint.empty() ? "" : " (" + finding.hint + ")");
}

std::string part(const char* tag, const std::string& text) {
  if (text.empty()) return "";
  const std::string first = text.substr(0, text.find('\n'));
  return std::string("      <") + tag + " message=\"" + xml_text(first) + "\">" + xml_text(text) +
         "</" + tag + ">\n";
}

std::string document(const std::vector<TestCase>& cases) {
  std::uint64_t failures = 0;
  std::uint64_t errors = 0;
  std::uint64_t skipped = 0;
  std::string body;
  for (const TestCase& test : cases) {
    if (!test.error.empty()) {
      ++errors;
    } else if (!test.failure.empty()) {
      ++failures;
    } else if (!test.skipped.empty()) {
      ++skipped;
    }
    body += "    <testcase classname=\"" + xml_text(test.group) + "\" name=\"" +
            xml_text(test.name) + "\">\n";
    if (!test.error.empty()) {
      body += part("error", test.error);
    } else {
      body += test.failure.empty() ? part("skipped", test.skipped) : part("failure", test.failure);
    }
    body += "    </testcase>\n";
  }
  const std::string counts = " tests=\"" + std::to_string(cases.size()) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
                             "\" skipped=\"" + std::to_string(skipped) + "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts +
         ">\n  <testsuite name=\"rowplan check\"" + counts + ">\n" + body +
         "  </testsuite>\n</testsuites>\n";
}

}  // namespace

std::string junit_of_plan(const planner::Plan& plan) {
  std::vector<TestCase> cases;
  std::set<std::string> addresses;
  for (const planner::PlanTable& table : plan.tables) {
    addresses.insert(table.address);
    TestCase test = case_of(table.address);
    if (table.ops.changes() > 0) {
      test.failure = planner::ops_text(table.ops) + " on " + planner::display_names(table.others());
    } else if (!planner::read_what_is_there(plan)) {
      test.skipped = "not read to its end";
    }
    for (const planner::Finding& finding : plan.findings) {
      if (finding.severity == planner::Severity::error && finding.address == table.address) {
        add_line(test.error, finding_line(finding));
      }
    }
    cases.push_back(std::move(test));
  }
  bool has_error = false;
  for (const planner::Finding& finding : plan.findings) {
    if (finding.code == planner::kSpokeMissing) {
      cases.push_back(case_of(finding.address));
      cases.back().skipped = finding_line(finding);
    }
    if (finding.severity != planner::Severity::error) continue;
    has_error = true;
    if (addresses.contains(finding.address)) continue;
    TestCase test = case_of(finding.address);
    test.error = finding_line(finding);
    cases.push_back(std::move(test));
  }
  if (!planner::read_what_is_there(plan) && !has_error) {
    TestCase test = case_of("");
    if (plan.summary.tables_changed > 0) {
      test.failure = "rows differ: stopped at the first difference";
    } else {
      test.error = "not every table was read to its end";
    }
    cases.push_back(std::move(test));
  }
  return document(cases);
}

std::string junit_of_failure(const ErrorReport& failure) {
  TestCase test = case_of("");
  test.error = failure.message + (failure.hint.empty() ? "" : " (" + failure.hint + ")");
  return document({test});
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t line_end = std::min(text.find('\n', at), text.size());
    for (const char c : shown(text.substr(at, line_end - at))) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        default:
          out += c;
      }
    }
    at = line_end;
    if (at < text.size()) {
      out += '\n';
      ++at;
    }
  }
  return out;
}

}  // namespace rowplan::cmd
