#include "planner/merge_spec.h"

namespace rowplan::planner {

const char* resolve_name(Resolve resolve) noexcept {
  switch (resolve) {
    case Resolve::member:
      return "member";
    case Resolve::newest:
      return "newest";
    case Resolve::oldest:
      return "oldest";
    case Resolve::greatest:
      return "greatest";
    case Resolve::least:
      return "least";
    case Resolve::manual:
      return "manual";
    case Resolve::skip:
      return "skip";
    case Resolve::force_delete:
      return "force delete";
  }
  return "";
}

}  // namespace rowplan::planner
