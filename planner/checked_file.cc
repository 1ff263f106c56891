#include "planner/checked_file.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "planner/file_error.h"
#include "planner/plan_error.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} * 1024;

}  // namespace

CheckedFile::CheckedFile(std::function<Descriptor()> open, std::string path, LineRules rules)
    : open_(std::move(open)), file_(open_()), path_(std::move(path)), rules_(rules) {}

void CheckedFile::read_block(const Descriptor& file, std::size_t block) {
  block_.resize(kBlockBytes);
  std::size_t size = 0;
  while (size < kBlockBytes) {
    const auto offset = static_cast<off_t>(block * kBlockBytes + size);
    const ssize_t got = ::pread(file.get(), block_.data() + size, kBlockBytes - size, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError(path_, errno, "read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  block_.resize(size);
  if (size < kBlockBytes / 2) block_.shrink_to_fit();  // there may be thousands of small files
}

void CheckedFile::load(std::size_t block) {
  if (loaded_ == block) return;
  loaded_ = static_cast<std::size_t>(-1);
  if (complete_) {
    read_block(open_(), block);
  } else {
    read_block(file_, block);
  }
  Sha256 hash;
  hash.update(block_);
  const Sha256Bytes digest = hash.finish();
  if (block < blocks_.size()) {
    if (blocks_[block] != digest) throw PlanError(path_, "changed while it was read");
    loaded_ = block;
    return;
  }
  assert(block == blocks_.size() && !complete_);
  loaded_ = block;
  blocks_.push_back(digest);
  whole_.update(block_);
  bytes_ += block_.size();
}

bool CheckedFile::fill() {
  if (complete_ && position_ >= bytes_) return false;
  load(position_ / kBlockBytes);
  if (position_ % kBlockBytes < block_.size()) return true;
  complete_ = true;
  file_.reset();
  sha256_ = whole_.finish_hex();
  return false;
}

bool CheckedFile::next_line(std::string_view& line) {
  carried_.clear();
  while (fill()) {
    const std::size_t begin = position_ % kBlockBytes;
    const std::size_t newline = block_.find('\n', begin);
    if (newline != std::string::npos) {
      line = std::string_view(block_).substr(begin, newline - begin);
      position_ += line.size() + 1;
      if (!carried_.empty()) line = carried_.append(line);
      return true;
    }
    if (carried_.size() > rules_.bytes_max) throw PlanError(path_, "a line is too long");
    carried_.append(block_, begin);
    position_ += block_.size() - begin;
  }
  cut_ = !carried_.empty();
  if (cut_ && !rules_.last_may_be_cut) throw PlanError(path_, "its last line has no end");
  return false;
}

void CheckedFile::seek(std::uint64_t offset) {
  assert(complete_ && offset <= bytes_);
  position_ = offset;
}

}  // namespace rowplan::planner
