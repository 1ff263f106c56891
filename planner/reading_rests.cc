#include "planner/reading_rests.h"

namespace rowplan::planner {

namespace {

constexpr std::chrono::milliseconds kAskEvery{500};

}  // namespace

void ReadingRests::opened() {
  opened_ = ways_.now();
  asked_ = opened_;
  wanted_ = false;
}

bool ReadingRests::due() {
  if (!ways_.open) return false;
  const auto now = ways_.now();
  // First: an old snapshot must not hide from a rest that somebody waits.
  if (!wanted_ && ways_.wanted && now - asked_ >= kAskEvery) {
    asked_ = now;
    wanted_ = ways_.wanted();
  }
  return wanted_ || now - opened_ >= ways_.snapshot_age;
}

void ReadingRests::rest(const std::vector<MemberSessions>& members) {
  for (const MemberSessions& each : members) {
    each.close_snapshots();
    if (!wanted_) continue;
    each.source.close();
    each.target.close();
  }
  if (wanted_) ways_.wait();
}

void ReadingRests::reopen(const MemberSessions& members) const {
  if (!ways_.open) return;
  if (!members.source.is_open()) members.source = ways_.open(pair_.job.source);
  if (!members.target.is_open()) members.target = ways_.open(pair_.job.target);
}

}  // namespace rowplan::planner
