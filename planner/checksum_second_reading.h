// Second reading by checksums: builds the chunks that differ from the rows that differ.
#pragma once

#include <cstdint>
#include <vector>

#include "planner/checksum_reader.h"
#include "planner/second_reading.h"

namespace rowplan::planner {

/// Chunks whose hashes are still what the first reading saw are built from their hashes and the
/// rows that differ. All others are streamed: those that changed meanwhile, those most of which
/// differs, and those whose hashes the rows that were found do not account for.
class ChecksumSecondReading {
 public:
  /// The sessions hold snapshots that are newer than those of the first reading.
  ChecksumSecondReading(const TablePair& pair, MemberSessions members, ChecksumReader& reader,
                        ChunkBuilder& chunks, PlanObserver& observer)
      : pair_(pair),
        members_(members),
        reader_(reader),
        chunks_(chunks),
        streamed_(pair, members, chunks, observer),
        hasher_(pair.types()) {}

  /// Chunks in key order, with the sums of the first reading; some hundreds at most.
  void read(std::vector<SeenChunk> seen);
  /// Rows that only the target has and that `deletes = "ignore"` leaves.
  [[nodiscard]] std::uint64_t kept() const { return kept_; }

 private:
  /// Keys of a row that differs; one of them may be missing.
  struct Suspect {
    std::optional<mysql::Row> source;
    std::optional<mysql::Row> target;
  };
  struct Chunk {
    SeenChunk seen;  ///< as this reading sees it
    bool equal = false;
    bool stream = false;
    std::vector<Suspect> suspects;
  };
  class Suspects;

  [[nodiscard]] std::vector<Chunk> sum(std::vector<SeenChunk> seen);
  void find_suspects(std::vector<Chunk>& chunks);
  void build(std::vector<Chunk>& chunks);
  [[nodiscard]] ChecksumReader::BothRows fetch(const std::vector<Chunk>& chunks, std::size_t begin,
                                               std::size_t& end);
  [[nodiscard]] bool build_one(const Chunk& chunk, const ChecksumReader::BothRows& rows);
  void stream(std::vector<SeenChunk>& run);

  const TablePair& pair_;
  MemberSessions members_;
  ChecksumReader& reader_;
  ChunkBuilder& chunks_;
  SecondReading streamed_;
  mysql::RowHasher hasher_;
  std::uint64_t kept_ = 0;
};

}  // namespace rowplan::planner
