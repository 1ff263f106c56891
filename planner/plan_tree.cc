#include "planner/plan_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <memory>

#include "planner/file_error.h"
#include "state/durable.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kMaxDepth = 8;  // a plan has 2
constexpr const char* kNameBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$%~.@-";
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_plan_name(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         name.find_first_not_of(kNameBytes) == std::string_view::npos;
}

struct CloseDirectory {
  void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};

TreeEntry::Type type_of(int directory, const char* name, const std::string& path) {
  struct stat status {};
  if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    throw FileError(path, errno, "look at");
  }
  if (S_ISREG(status.st_mode)) return TreeEntry::Type::file;
  if (S_ISDIR(status.st_mode)) return TreeEntry::Type::directory;
  return TreeEntry::Type::other;
}

void list_into(Descriptor directory, const std::string& path, std::size_t depth,
               std::vector<TreeEntry>& entries) {
  if (depth > kMaxDepth) throw FileError(path, ELOOP, "list", "nested too deep");
  const int fd = directory.get();
  const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(fd));
  if (!stream) throw FileError(path, errno, "list");
  static_cast<void>(directory.release());  // the stream closes it
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) {
      if (errno != 0) throw FileError(path, errno, "list");
      return;
    }
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name == "." || name == "..") continue;
    std::string inner = path.empty() ? "" : path + "/";
    inner += name;
    const TreeEntry::Type type = type_of(fd, name.c_str(), inner);
    entries.push_back({inner, type});
    if (type != TreeEntry::Type::directory) continue;
    Descriptor next(::openat(fd, name.c_str(), kDirectoryFlags));
    if (!next.is_open()) throw FileError(inner, errno, "list");
    list_into(std::move(next), inner, depth + 1, entries);
  }
}

}  // namespace

bool is_plan_path(std::string_view path) noexcept {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_plan_name(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

ParentAndName open_parent(int root, std::string_view path, MakeParents make,
                          std::vector<std::string>* made) {
  assert(is_plan_path(path));
  Descriptor parent(::openat(root, ".", kDirectoryFlags));
  std::size_t begin = 0;
  while (parent.is_open()) {
    const std::size_t slash = path.find('/', begin);
    if (slash == std::string_view::npos)
      return {std::move(parent), std::string(path.substr(begin))};
    const std::string name(path.substr(begin, slash - begin));
    if (make == MakeParents::yes) {
      if (::mkdirat(parent.get(), name.c_str(), S_IRWXU) == 0) {
        if (made != nullptr) made->emplace_back(path.substr(0, slash));
        const int error = state::sync_file(parent.get());
        if (error != 0) throw FileError(std::string(path), error, "sync");
      } else if (errno != EEXIST) {
        throw FileError(std::string(path.substr(0, slash)), errno, "make directory");
      }
    }
    parent = Descriptor(::openat(parent.get(), name.c_str(), kDirectoryFlags));
    begin = slash + 1;
  }
  throw FileError(std::string(path), errno, "open the directory of");
}

Descriptor open_for_reading(int root, std::string_view path) {
  const ParentAndName at = open_parent(root, path, MakeParents::no);
  // Without O_NONBLOCK, a named pipe would wait for a writer.
  Descriptor file(
      ::openat(at.parent.get(), at.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) throw FileError(std::string(path), errno, "open");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw FileError(std::string(path), errno, "look at");
  if (!S_ISREG(status.st_mode)) {
    throw FileError(std::string(path), EINVAL, "open", "not a regular file");
  }
  return file;
}

std::vector<TreeEntry> list_tree(int root, const std::string& name) {
  Descriptor directory(::openat(root, ".", kDirectoryFlags));
  if (!directory.is_open()) throw FileError(name, errno, "list");
  std::vector<TreeEntry> entries;
  list_into(std::move(directory), "", 0, entries);
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& left, const TreeEntry& right) { return left.path < right.path; });
  return entries;
}

}  // namespace rowplan::planner
