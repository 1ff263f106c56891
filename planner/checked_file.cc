#include "planner/checked_file.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "planner/file_error.h"
#include "planner/plan_error.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;
// A row may hold several values just below the size from which they are references, hex digits
// doubled; a server's packet is at most 1 GiB.
constexpr std::size_t kLineBytesMax = std::size_t{1} << 30U;

}  // namespace

CheckedFile::CheckedFile(Descriptor file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {}

void CheckedFile::load(std::size_t block) {
  if (loaded_ == block) return;
  block_.resize(kBlockBytes);
  std::size_t size = 0;
  while (size < kBlockBytes) {
    const auto offset = static_cast<off_t>(block * kBlockBytes + size);
    const ssize_t got = ::pread(file_.get(), block_.data() + size, kBlockBytes - size, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError(path_, errno, "read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  block_.resize(size);
  loaded_ = block;
  Sha256 hash;
  hash.update(block_);
  const Sha256Bytes digest = hash.finish();
  if (block < blocks_.size()) {
    if (blocks_[block] != digest) throw PlanError(path_, "changed while it was read");
    return;
  }
  assert(block == blocks_.size() && !complete_);
  blocks_.push_back(digest);
  whole_.update(block_);
  bytes_ += size;
}

bool CheckedFile::next_line(std::string_view& line) {
  carried_.clear();
  while (true) {
    if (at_ == block_.size() || loaded_ != next_block_) {
      const bool at_end = complete_ && next_block_ * kBlockBytes + at_ >= bytes_;
      if (!at_end && loaded_ == next_block_ && block_.size() == kBlockBytes) {
        ++next_block_;
        at_ = 0;
      }
      if (!at_end) load(next_block_);
      if (at_end || at_ >= block_.size()) {
        if (!complete_) {
          complete_ = true;
          sha256_ = whole_.finish_hex();
        }
        if (!carried_.empty()) throw PlanError(path_, "its last line has no end");
        return false;
      }
    }
    const std::size_t newline = block_.find('\n', at_);
    const std::size_t end = newline == std::string::npos ? block_.size() : newline;
    const std::string_view part = std::string_view(block_).substr(at_, end - at_);
    if (newline == std::string::npos) {
      if (carried_.size() + part.size() > kLineBytesMax) throw PlanError(path_, "a line too long");
      carried_ += part;
      at_ = end;
      continue;
    }
    at_ = newline + 1;
    if (carried_.empty()) {
      line = part;
    } else {
      carried_ += part;
      line = carried_;
    }
    return true;
  }
}

std::uint64_t CheckedFile::offset() const noexcept { return next_block_ * kBlockBytes + at_; }

void CheckedFile::seek(std::uint64_t offset) {
  assert(complete_ && offset <= bytes_);
  next_block_ = offset / kBlockBytes;
  at_ = offset % kBlockBytes;
}

}  // namespace rowplan::planner
