#include "planner/triggers.h"

#include <algorithm>

#include "mysql/quote.h"
#include "planner/address.h"

namespace rowplan::planner {

namespace {

using mysql::Routine;
using mysql::TableName;
using mysql::Trigger;

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return folded(c); });
  return text;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Where `word` stands in `text` by itself, from `from` on; npos: nowhere. Both are folded.
std::size_t find_word(const std::string& text, const std::string& word, std::size_t from = 0) {
  for (std::size_t at = text.find(word, from); at != std::string::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word(text[at - 1]) || !is_word(word.front());
    const bool ends = end == text.size() || !is_word(text[end]) || !is_word(word.back());
    if (begins && ends) return at;
  }
  return std::string::npos;
}

bool acts(const mysql::ForeignKey& key) {
  const auto acting = [](const std::string& rule) {
    return rule != "RESTRICT" && rule != "NO ACTION";
  };
  return acting(key.on_delete) || acting(key.on_update);
}

/// A name as it may stand in SQL: between backticks, a backtick is written twice.
bool names(const std::string& text, const std::string& name) {
  std::string quoted = mysql::quote_name(name);
  quoted = quoted.substr(1, quoted.size() - 2);
  return find_word(text, folded(name)) != std::string::npos ||
         find_word(text, folded(quoted)) != std::string::npos;
}

bool calls_unknown(const std::string& text, const std::vector<Routine>& routines) {
  for (std::size_t at = find_word(text, "call"); at != std::string::npos;
       at = find_word(text, "call", at + 1)) {
    const std::string called = text.substr(at + 4, text.find_first_of("(;", at) - at - 4);
    if (std::none_of(routines.begin(), routines.end(),
                     [&](const Routine& routine) { return names(called, routine.name); }))
      return true;
  }
  return false;
}

/// The bodies of the triggers and of all routines that they come to; false: of one that cannot be
/// seen.
bool collect_bodies(const std::vector<Trigger>& triggers, const std::vector<Routine>& routines,
                    std::vector<std::string>& bodies) {
  for (const Trigger& trigger : triggers) bodies.push_back(folded(trigger.body));
  std::set<const Routine*> taken;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (calls_unknown(bodies[i], routines)) return false;
    for (const Routine& routine : routines) {
      if (!names(bodies[i], routine.name) || !taken.insert(&routine).second) continue;
      if (!routine.body) return false;
      bodies.push_back(folded(*routine.body));
    }
  }
  return true;
}

bool is_allowed(const TablePair& pair, const Trigger& trigger) {
  const std::vector<std::string>& allowed = pair.job.allow_triggers;
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& name) {
    return name == trigger.name || name == pair.target.name.db + "." + trigger.name;
  });
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::set<TableName> tables_reached(const std::vector<Trigger>& triggers,
                                   const std::vector<Routine>& routines,
                                   const std::vector<TableName>& tables) {
  std::vector<std::string> bodies;
  const bool all_seen = collect_bodies(triggers, routines, bodies);
  std::set<TableName> reached;
  for (const TableName& table : tables)
    if (!triggers.empty() &&
        (!all_seen || std::any_of(bodies.begin(), bodies.end(), [&](const std::string& body) {
          return names(body, table.table);
        })))
      reached.insert(table);
  return reached;
}

void find_touched(std::vector<TablePair>& pairs, const std::string& server,
                  const std::vector<Routine>& routines) {
  std::set<TableName> planned;
  std::vector<TableName> tables;                      // that matter if a trigger writes them
  std::map<TableName, std::set<TableName>> cascades;  // where foreign keys take a write along to
  for (const TablePair& pair : pairs) {
    if (pair.job.target != server) continue;
    planned.insert(pair.target.name);
    tables.push_back(pair.target.name);
    for (const mysql::ForeignKey& key : pair.target.foreign_keys) {
      if (!acts(key)) continue;
      tables.push_back(key.parent);
      cascades[key.parent].insert(pair.target.name);
    }
  }
  std::map<TableName, std::set<TableName>> reach;
  for (const TablePair& pair : pairs)
    if (pair.job.target == server)
      reach[pair.target.name] = tables_reached(pair.target.triggers, routines, tables);
  for (TablePair& pair : pairs) {
    if (pair.job.target != server) continue;
    std::set<TableName> touched;
    std::vector<TableName> open;
    const auto come_to = [&](const std::set<TableName>& others) {
      for (const TableName& other : others)
        if (touched.insert(other).second) open.push_back(other);
    };
    // No trigger may write the table for which it fires, but a foreign key may lead back there.
    const auto without_this = [&](std::set<TableName> others) {
      others.erase(pair.target.name);
      return others;
    };
    come_to(without_this(reach[pair.target.name]));
    while (!open.empty()) {
      const TableName table = open.back();
      open.pop_back();
      come_to(without_this(reach[table]));
      come_to(cascades[table]);
    }
    pair.touches.clear();
    for (const TableName& table : touched)
      if (planned.count(table) > 0) pair.touches.push_back(table);
  }
}

void judge_triggers(const TablePair& pair, Findings& findings) {
  std::vector<std::string> allowed;
  std::vector<std::string> refused;
  for (const Trigger& trigger : pair.target.triggers)
    (is_allowed(pair, trigger) ? allowed : refused)
        .push_back(mysql::printable(trigger.name + " " + trigger.timing + " " + trigger.event));
  if (!refused.empty())
    findings.push_back({"trigger_on_target", Severity::error, pair.job.address,
                        "the table on " + pair.job.target +
                            " has triggers, which could change what is written: " + list(refused),
                        "drop them for the time of the apply, or name them in allow_triggers"});
  if (!allowed.empty())
    findings.push_back({"trigger_allowed", Severity::warning, pair.job.address,
                        "the table on " + pair.job.target +
                            " has triggers that will fire, as allow_triggers says: " +
                            list(allowed) + "; what they rewrite is put right",
                        "what they do to tables outside of the plan is not looked at"});
}

void judge_touched(const std::vector<TablePair>& pairs, Findings& findings) {
  for (const TablePair& pair : pairs)
    for (const TablePair& other : pairs) {
      const auto& touches = pair.touches;
      if (other.job.target != pair.job.target || !other.is_keyless() ||
          std::find(touches.begin(), touches.end(), other.target.name) == touches.end())
        continue;
      findings.push_back({"trigger_writes_keyless", Severity::error, other.job.address,
                          "triggers of " + encode_table(pair.target.name) + " on " +
                              pair.job.target +
                              " may write this table, whose rows no key tells apart: what they "
                              "write could not be put right",
                          "give the table a key, or sync it in a run of its own"});
    }
}

}  // namespace rowplan::planner
