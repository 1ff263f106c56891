#include "planner/sha256.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <new>
#include <vector>

#include "mysql/quote.h"
#include "planner/file_error.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

// OpenSSL's digest functions fail for lack of memory or in a broken installation alone.
void require(int ok) {
  if (ok != 1) throw std::bad_alloc();
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

Sha256::Sha256(const Sha256& other) : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  require(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()));
}

Sha256& Sha256::operator=(const Sha256& other) {
  if (this != &other) require(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()));
  return *this;
}

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

Sha256Bytes Sha256::finish() {
  Sha256Bytes digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
  assert(size == digest.size());
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  return digest;
}

std::string Sha256::finish_hex() {
  const Sha256Bytes digest = finish();
  return mysql::hex_lower(std::string(digest.begin(), digest.end()));
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish_hex();
}

FileDigest digest_file(int fd, const std::string& path) {
  Sha256 hash;
  FileDigest digest;
  std::vector<char> buffer(kReadBytes);
  while (true) {
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(digest.bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError(path, errno, "read");
    if (got == 0) break;
    hash.update({buffer.data(), static_cast<std::size_t>(got)});
    digest.bytes += static_cast<std::size_t>(got);
  }
  digest.sha256 = hash.finish_hex();
  return digest;
}

}  // namespace rowplan::planner
