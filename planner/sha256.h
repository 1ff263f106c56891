// SHA-256, of bytes as they come.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace rowplan::planner {

using Sha256Bytes = std::array<unsigned char, 32>;

class Sha256 {
 public:
  Sha256();
  /// A copy goes on by itself from where the original stands.
  Sha256(const Sha256& other);
  Sha256& operator=(const Sha256& other);
  Sha256(Sha256&&) noexcept = default;
  Sha256& operator=(Sha256&&) noexcept = default;
  ~Sha256() = default;

  void update(std::string_view bytes);
  /// Ends this digest and begins a new one.
  [[nodiscard]] Sha256Bytes finish();
  [[nodiscard]] std::string finish_hex();  ///< 64 lower-case hex digits

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// What a file holds from its first byte to its end, read through a descriptor.
struct FileDigest {
  std::string sha256;
  unsigned long long bytes = 0;
};
/// `path` is for the error alone. Throws FileError.
[[nodiscard]] FileDigest digest_file(int fd, const std::string& path);

}  // namespace rowplan::planner
