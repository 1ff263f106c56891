#include "cmd/manifest_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "cmd/shown_text.h"
#include "planner/descriptor.h"
#include "planner/manifest_parser.h"

namespace rowplan::cmd {
namespace {

constexpr std::size_t kManifestBytesMax = 16U << 20U;  // far more than a person writes

[[noreturn]] void reject(const std::string& file, const std::string& why, const std::string& hint) {
  throw ManifestRejected("cannot read the manifest '" + file + "': " + why, hint);
}

std::string read_text(const std::string& file) {
  const planner::Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.is_open()) {
    const int error = errno;
    reject(file, std::generic_category().message(error),
           error == ENOENT ? "write one with 'rowplan init', or name it with -f FILE" : "");
  }
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(opened.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) reject(file, std::generic_category().message(errno), "");
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kManifestBytesMax) reject(file, "it is larger than 16 MiB", "");
  }
}

}  // namespace

LoadedManifest load_manifest(const std::string& file) {
  std::string text = read_text(file);
  planner::ParsedManifest parsed = planner::parse_manifest(text, file);
  if (!parsed.manifest || planner::has_error(parsed.diagnostics)) {
    const auto errors = std::count_if(parsed.diagnostics.begin(), parsed.diagnostics.end(),
                                      [](const planner::Diagnostic& diagnostic) {
                                        return diagnostic.severity == planner::Severity::error;
                                      });
    std::string rendered = planner::render(parsed.diagnostics, text);
    throw ManifestRejected(
        file + ": " + counted(static_cast<unsigned long long>(errors), "error", "errors"),
        std::move(parsed.diagnostics), std::move(rendered));
  }
  const std::filesystem::path parent = std::filesystem::path(file).parent_path();
  return {std::move(*parsed.manifest), std::move(text), parent.empty() ? "." : parent.string(),
          std::move(parsed.diagnostics)};
}

void report_warnings(const LoadedManifest& loaded, Console& console) {
  if (loaded.diagnostics.empty() || console.settings().quiet) return;
  console.message(planner::render(loaded.diagnostics, loaded.text));
}

}  // namespace rowplan::cmd
