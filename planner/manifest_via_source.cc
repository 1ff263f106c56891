#include "planner/manifest_via_source.h"

#include "planner/diagnostic.h"

namespace rowplan::planner {

namespace {

/// `[defaults]` may be where the key stands; the section is where it does not fit.
void refuse(const ManifestSection& section, const char* key, const std::string& why,
            const std::string& hint) {
  section.report().error(section.has(key) ? section.key_span(key) : section.span(),
                         section.title() + ": " + in_quotes(key) +
                             " does not go with direction = \"via-source\": " + why,
                         hint);
}

}  // namespace

void check_via_source(const ManifestSection& section, const TableOptions& options) {
  if (options.incremental)
    refuse(section, "incremental", "a row that replication lost has no newer stamp than others",
           "leave it out: all rows are compared");
  if (options.deletes == Deletes::ignore)
    refuse(section, "deletes", "rows that only a replica has make its replication stop one day",
           "leave it out, or deletes = \"apply\"");
  if (options.tombstones)
    refuse(section, "deletes", "all rows are compared, and tell by themselves which are gone",
           "leave it out, or deletes = \"apply\"");
  if (!options.soft_deletes.empty())
    refuse(section, "deletes", "rows that are marked on the source are rows of the replica, too",
           "leave it out, or deletes = \"apply\"");
  if (options.filter_moved == FilterMoved::follow)
    refuse(section, "filter_moved",
           "a row that the filter takes on the replica alone would be deleted on the source",
           "leave it out, or compare without \"where\"");
}

void check_via_source(const ManifestSection& section, const PairSpec& pair) {
  check_via_source(section, pair.options);
  if (!pair.rename.empty())
    refuse(section, "rename", "a statement means the same table on the source and on its replica",
           "leave it out");
  if (!pair.allow_triggers.empty())
    refuse(section, "allow_triggers",
           "triggers would fire on the source although no row changes there, and on the replica",
           "leave it out; tables with triggers are refused");
}

}  // namespace rowplan::planner
