#include "planner/credentials.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "planner/command_output.h"
#include "planner/option_file.h"

namespace rowplan::planner {
namespace {

constexpr const char* kSecret = "canary-7f3a";

class Credentials : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "rowplan-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    server_.name = "hq";
    server_.host = "db1";
    server_.user = "rowplan";
  }
  void TearDown() override {
    unsetenv("ROWPLAN_TEST_PASSWORD");
    std::filesystem::remove_all(directory_);
  }

  void write(const std::string& name, const std::string& text, mode_t mode) const {
    const std::filesystem::path path = directory_ / name;
    std::ofstream(path) << text;
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
  }
  [[nodiscard]] ResolvedCredentials resolve() const {
    return resolve_credentials(server_, directory_);
  }
  /// What the error says, the directory as DIR; "": there is none.
  [[nodiscard]] std::string error() const {
    try {
      (void)resolve();
    } catch (const CredentialError& found) {
      EXPECT_EQ(found.server(), "hq");
      std::string text = found.what();
      EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
      const std::size_t at = text.find(directory_.string());
      if (at != std::string::npos) text.replace(at, directory_.string().size(), "DIR");
      return text;
    }
    return "";
  }

  std::filesystem::path directory_;
  ServerSpec server_;
};

TEST_F(Credentials, WithoutAPassword) {
  EXPECT_EQ(resolve().user, "rowplan");
  EXPECT_EQ(resolve().password, "");
  EXPECT_EQ(resolve().port, 3306);
  server_.port = 3307;
  server_.tls_ca = "ca.pem";
  server_.tls_key = "/etc/key.pem";
  EXPECT_EQ(resolve().port, 3307);
  EXPECT_EQ(resolve().tls_ca, (directory_ / "ca.pem").string());
  EXPECT_EQ(resolve().tls_key, "/etc/key.pem");
}

TEST_F(Credentials, FromTheEnvironment) {
  server_.password_env = "ROWPLAN_TEST_PASSWORD";
  EXPECT_EQ(error(), "server hq: the environment variable \"ROWPLAN_TEST_PASSWORD\" is not set");
  setenv("ROWPLAN_TEST_PASSWORD", " as it is\n", 1);
  EXPECT_EQ(resolve().password, " as it is\n");
}

TEST_F(Credentials, FromAFile) {
  server_.password_file = "secret";
  EXPECT_EQ(error(),
            "server hq: password_file \"DIR/secret\" cannot be opened: No such file or directory");
  write("secret", "s3\n\n", 0600);
  EXPECT_EQ(resolve().password, "s3\n") << "one line end goes";
  write("secret", "s3\r\n", 0400);
  EXPECT_EQ(resolve().password, "s3");
  write("secret", "", 0600);
  EXPECT_EQ(resolve().password, "");
  write("secret", std::string("a\0b", 3), 0600);
  EXPECT_EQ(error(), "server hq: the password holds a NUL byte");
  write("secret", std::string(100'000, 'x'), 0600);
  EXPECT_EQ(error(), "server hq: password_file \"DIR/secret\" is too large");
}

TEST_F(Credentials, AFileThatOthersMayReadIsRefused) {
  server_.password_file = "secret";
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U}) {
    write("secret", kSecret, mode);
    EXPECT_EQ(error().substr(0, 49), "server hq: password_file \"DIR/secret\" has mode 06") << mode;
  }
  EXPECT_EQ(error(),
            "server hq: password_file \"DIR/secret\" has mode 0644, which is wider than 0600");
}

TEST_F(Credentials, ADirectoryIsNoFile) {
  server_.password_file = ".";
  EXPECT_EQ(error(), "server hq: password_file \"DIR/.\" cannot be read: Is a directory");
}

TEST_F(Credentials, FromACommand) {
  server_.password_command = {"printf", "%s\\n", "a b $HOME;"};
  EXPECT_EQ(resolve().password, "a b $HOME;") << "no shell";
  write("tool", "#!/bin/sh\necho from-tool\n", 0700);
  server_.password_command = {"./tool"};
  EXPECT_EQ(resolve().password, "from-tool") << "relative to the manifest";
}

TEST_F(Credentials, ACommandThatFailsTellsNothing) {
  server_.password_command = {"sh", "-c", std::string("echo ") + kSecret + "; exit 3"};
  EXPECT_EQ(error(), "server hq: password_command \"sh\" ended with exit code 3");
  server_.password_command = {"sh", "-c", std::string("echo ") + kSecret + "; kill -9 $$"};
  EXPECT_EQ(error(), "server hq: password_command \"sh\" was ended by signal 9");
  server_.password_command = {"no-such-program-here"};
  EXPECT_EQ(error(),
            "server hq: password_command \"no-such-program-here\" cannot be started: No such file "
            "or directory");
  server_.password_command = {"head", "-c", "200000", "/dev/zero"};
  EXPECT_EQ(error(), "server hq: password_command \"head\" printed too much for a password");
}

TEST_F(Credentials, FromAnOptionFile) {
  server_.user.clear();
  server_.defaults_file = "my.cnf";
  server_.tls_cert = "mine.pem";
  write("my.cnf",
        "[client]\nuser=app\npassword=\"p#1\"\nhost=elsewhere\nport=3310\nsocket=/run/x.sock\n"
        "ssl_ca=/etc/ca.pem\nssl-cert=theirs.pem\n[sync]\npassword=p2\n",
        0600);
  EXPECT_EQ(resolve().user, "app");
  EXPECT_EQ(resolve().password, "p#1");
  EXPECT_EQ(resolve().port, 3310);
  EXPECT_EQ(resolve().socket, "") << "the manifest names a host";
  EXPECT_EQ(resolve().tls_ca, "/etc/ca.pem");
  EXPECT_EQ(resolve().tls_cert, (directory_ / "mine.pem").string()) << "the manifest wins";
  server_.host.clear();
  EXPECT_EQ(resolve().socket, "/run/x.sock");
  server_.defaults_group = "sync";
  EXPECT_EQ(resolve().user, "app") << "[client] below the group";
  EXPECT_EQ(resolve().password, "p2");
  server_.user = "mine";
  EXPECT_EQ(resolve().user, "mine");
}

TEST_F(Credentials, OptionFilesThatDoNotDo) {
  server_.defaults_file = "my.cnf";
  write("my.cnf", "[client]\npassword=canary-7f3a\n", 0644);
  EXPECT_EQ(error(),
            "server hq: defaults_file \"DIR/my.cnf\" has mode 0644, which is wider than 0600");
  write("my.cnf", "[mysql]\npassword=canary-7f3a\n", 0600);
  EXPECT_EQ(error(), "server hq: defaults_file \"DIR/my.cnf\" has no group \"[client]\"");
  write("my.cnf", "[client]\nport=33o6\n", 0600);
  EXPECT_EQ(error(), "server hq: defaults_file \"DIR/my.cnf\" has a port that is none");
  write("my.cnf", "[client]\npassword=canary-7f3a\n", 0600);
  server_.user.clear();
  EXPECT_EQ(error(), "server hq: no user, neither in the manifest nor in its defaults_file");
  server_.user = "x";
  server_.host.clear();
  EXPECT_EQ(error(),
            "server hq: no host or socket, neither in the manifest nor in its defaults_file");
}

TEST(OptionFile, Syntax) {
  const OptionFile file = parse_option_file(
      "stray=1\n"
      "# comment\n"
      "; another\n"
      "!include /etc/other.cnf\n"
      "  [ client ]  \r\n"
      "user = app # trailing\r\n"
      "password='a # b'\n"
      "quote=\"it's\"\n"
      "escape=a\\sb\\tc\\\\d\\xe\n"
      "in_quotes=\"a\\\"#b\" # c\n"
      "half='a\n"
      "semicolon=a;b\n"
      "flag\n"
      "ssl_ca = /a=b.pem\n"
      "empty=\n"
      "user=last\n"
      "[other]\n");
  const std::map<std::string, std::string> expected = {
      {"user", "last"},       {"password", "a # b"},
      {"quote", "it's"},      {"escape", "a b\tc\\d\\xe"},
      {"in-quotes", "a\"#b"}, {"half", "'a"},
      {"semicolon", "a;b"},   {"ssl-ca", "/a=b.pem"},
      {"empty", ""}};
  EXPECT_EQ(file.at("client"), expected);
  EXPECT_TRUE(file.at("other").empty());
  EXPECT_EQ(file.size(), 2U);
}

TEST(Command, IsKilledWithItsChildrenWhenItsTimeIsUp) {
  CommandLimits limits;
  limits.timeout = std::chrono::milliseconds(100);
  EXPECT_EQ(run_command({"sh", "-c", "sleep 600 & sleep 600"}, limits).end,
            CommandResult::End::timed_out);
  EXPECT_EQ(run_command({"sh", "-c", "exec >&-; sleep 600"}, limits).end,
            CommandResult::End::timed_out)
      << "it closed its output and goes on";
}

TEST(Command, ReadsNothingAndItsErrorsAreDropped) {
  const CommandResult result = run_command({"sh", "-c", "cat; echo out; echo err >&2"}, {});
  EXPECT_EQ(result.end, CommandResult::End::exited);
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.output, "out\n");
}

}  // namespace
}  // namespace rowplan::planner
