// Changes that nobody wants.
#pragma once

#include "planner/table_compare.h"

namespace rowplan::planner {

/// Of a comparison that writes no plan.
class NoSink : public ChangeSink {
 public:
  void append(const Change& /*change*/) override {}
  void mark() override {}
  void rollback() override {}
};

}  // namespace rowplan::planner
