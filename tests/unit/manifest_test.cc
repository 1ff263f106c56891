#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "planner/manifest_keys.h"
#include "planner/manifest_parser.h"
#include "planner/quantity.h"

namespace rowplan::planner {
namespace {

using std::chrono::milliseconds;

constexpr const char* kHead = R"(manifest_version = 1
name = "shop"
[server.hq]
host = "db1.internal"
user = "rowplan"
[server.dw]
socket = "/run/dw.sock"
user = "rowplan"
)";

/// Of a manifest that is whole but for what `more` says: lines count from 9.
std::string rendered(const std::string& more) {
  const std::string text = kHead + more;
  return render(parse_manifest(text, "rowplan.toml").diagnostics, text);
}

/// `line:column+length message` of each diagnostic, one a line.
std::string brief(const std::string& text) {
  std::string result;
  for (const Diagnostic& found : parse_manifest(text, "m").diagnostics) {
    if (!result.empty()) result += '\n';
    result += std::to_string(found.line) + ':' + std::to_string(found.column) + '+' +
              std::to_string(found.length) + ' ' + found.message;
  }
  return result;
}

constexpr const char* kOnePair =
    "[pair.o]\nsource = \"hq\"\ntarget = \"dw\"\ntables = [\"shop.*\"]\n";

/// Of `more` in a pair: lines count from 1, behind the pair's own.
std::string in_pair(const std::string& more) {
  std::string result;
  for (Diagnostic found : parse_manifest(kHead + std::string(kOnePair) + more, "m").diagnostics) {
    if (!result.empty()) result += '\n';
    result += std::to_string(found.line - 12) + ':' + std::to_string(found.column) + '+' +
              std::to_string(found.length) + ' ' + found.message;
  }
  return result;
}

Manifest good(const std::string& more) {
  const std::string text = kHead + more;
  ParsedManifest parsed = parse_manifest(text, "dir/rowplan.toml");
  EXPECT_EQ(render(parsed.diagnostics, text), "");
  return std::move(parsed.manifest).value_or(Manifest{});
}

TableOptions pair_options(const std::string& more) {
  return good(kOnePair + more).pairs.at(0).options;
}

TEST(Manifest, Defaults) {
  const Manifest manifest = good(kOnePair);
  EXPECT_EQ(manifest.file, "dir/rowplan.toml");
  EXPECT_EQ(manifest.name, "shop");
  EXPECT_EQ(manifest.state_path, "shop.state.db");
  EXPECT_EQ(beside(manifest.file, manifest.state_path), "dir/shop.state.db");
  EXPECT_EQ(beside(manifest.file, "/var/x.db"), "/var/x.db");
  EXPECT_EQ(beside("rowplan.toml", "x.db"), "x.db");
  const ServerSpec& hq = manifest.servers.at("hq");
  EXPECT_EQ(hq.port, std::nullopt);
  EXPECT_EQ(hq.tls, mysql::Tls::verify_identity);
  EXPECT_EQ(hq.access, Access::read_write);
  EXPECT_EQ(hq.connect_timeout, milliseconds(10'000));
  EXPECT_EQ(hq.read_timeout, milliseconds(60'000));
  EXPECT_EQ(hq.lock_wait, milliseconds(5'000));
  EXPECT_EQ(manifest.servers.at("dw").tls, mysql::Tls::disabled) << "on a socket";
  const PairSpec& pair = manifest.pairs.at(0);
  EXPECT_EQ(pair.name, "o");
  EXPECT_EQ(pair.source, "hq");
  EXPECT_EQ(pair.target, "dw");
  const TableOptions& options = pair.options;
  EXPECT_EQ(options.where, "");
  EXPECT_EQ(options.filter_moved, FilterMoved::refuse);
  EXPECT_EQ(options.large_bytes, 65'536U);
  EXPECT_EQ(options.deletes, Deletes::apply);
  EXPECT_EQ(options.method, Method::automatic);
  EXPECT_EQ(options.compress, Compress::automatic);
  EXPECT_EQ(options.chunk_rows, 200U);
  EXPECT_EQ(options.chunk_bytes, 8'388'608U);
  EXPECT_EQ(options.recheck, 2U);
  EXPECT_EQ(options.threads, 4U);
  EXPECT_EQ(options.max_unit_rows, 10'000U);
  EXPECT_EQ(options.max_keyless_rows, 100'000U);
  EXPECT_EQ(to_string(options.limits.max_deletes), "10%");
  EXPECT_EQ(options.limits.max_changes, std::nullopt);
  EXPECT_EQ(options.limits.max_plan_bytes, 10'000'000'000U);
  EXPECT_FALSE(options.limits.allow_empty_source);
  EXPECT_EQ(manifest.policy.approve, Approve::never);
  EXPECT_EQ(manifest.policy.plan_ttl, std::chrono::hours(24));
  EXPECT_FALSE(manifest.policy.verify_after);
  EXPECT_EQ(manifest.output.keep, 20U);
  EXPECT_EQ(manifest.output.sample_rows, 20U);
  EXPECT_EQ(manifest.output.metrics_textfile, "");
  EXPECT_FALSE(manifest.output.audit_table);
}

TEST(Manifest, AllKeysOfAServer) {
  const Manifest manifest = good(std::string(kOnePair) + R"(
[server.x]
host = "db3"
port = 3307
user = "u"
password_command = ["vault", "read", "read"]
tls = "verify-ca"
tls_ca = "ca.pem"
tls_cert = "c.pem"
tls_key = "k.pem"
access = "read-only"
connect_timeout = "3s"
read_timeout = "2m"
lock_wait = "1500ms"
[server.y]
socket = "/s"
defaults_file = "~/.my.cnf"
defaults_group = "sync"
tls = "preferred"
)");
  const ServerSpec& x = manifest.servers.at("x");
  EXPECT_EQ(x.host, "db3");
  EXPECT_EQ(x.port, 3307);
  EXPECT_EQ(x.password_command, (std::vector<std::string>{"vault", "read", "read"}));
  EXPECT_EQ(x.tls, mysql::Tls::verify_ca);
  EXPECT_EQ(x.tls_ca + x.tls_cert + x.tls_key, "ca.pemc.pemk.pem");
  EXPECT_EQ(x.access, Access::read_only);
  EXPECT_EQ(x.connect_timeout, milliseconds(3'000));
  EXPECT_EQ(x.read_timeout, milliseconds(120'000));
  EXPECT_EQ(x.lock_wait, milliseconds(1'500));
  EXPECT_EQ(manifest.servers.at("y").defaults_group, "sync");
  EXPECT_EQ(manifest.servers.at("y").tls, mysql::Tls::preferred);
}

TEST(Manifest, EachTlsModeIsItself) {
  const std::vector<std::pair<std::string, mysql::Tls>> modes = {
      {"disabled", mysql::Tls::disabled},
      {"preferred", mysql::Tls::preferred},
      {"required", mysql::Tls::required},
      {"verify-ca", mysql::Tls::verify_ca},
      {"verify-identity", mysql::Tls::verify_identity}};
  for (const auto& [name, mode] : modes) {
    const Manifest manifest =
        good(kOnePair + ("[server.x]\nhost = \"h\"\nuser = \"u\"\ntls = \"" + name + "\"\n"));
    EXPECT_EQ(manifest.servers.at("x").tls, mode) << name;
  }
}

TEST(Manifest, AllKeysOfAPair) {
  const Manifest manifest = good(R"([state]
path = "var/s.db"
[policy]
approve = "on_warning"
plan_ttl = "1h30m"
verify_after = true
on_failed_verify = "report"
[output]
metrics_textfile = "shop.prom"
audit_table = "ops.the%20audit"
keep = 3
sample_rows = 0
[pair.b]
source = "hq"
target = "dw"
tables = ["shop.orders", "shop.order_*", "!shop.order_tmp"]
rename = { "shop.z" = "dw.y", "shop.*" = "dw.*" }
direction = "one-way"
assume = ["not_a_replica", "no_triggers"]
where = "region = 7"
filter_moved = "follow"
columns = ["id", "total"]
key = ["id"]
large_bytes = "1 KiB"
deletes = "ignore"
threads = 8
method = "stream"
chunk_rows = 1000
chunk_bytes = 4096
recheck = 0
compress = false
max_unit_rows = 5
max_keyless_rows = 0
[pair.b.limits]
max_deletes = 500
max_changes = "2.5%"
max_plan_bytes = "1 GiB"
allow_empty_source = true
[pair.a]
source = "dw"
target = "hq"
tables = ["hr.*"]
compress = "auto"
)");
  EXPECT_EQ(manifest.state_path, "var/s.db");
  EXPECT_EQ(manifest.policy.approve, Approve::on_warning);
  EXPECT_EQ(manifest.policy.plan_ttl, std::chrono::minutes(90));
  EXPECT_TRUE(manifest.policy.verify_after);
  EXPECT_EQ(manifest.output.metrics_textfile, "shop.prom");
  EXPECT_EQ(manifest.output.audit_table, (mysql::TableName{"ops", "the audit"}));
  EXPECT_EQ(manifest.output.keep, 3U);
  EXPECT_EQ(manifest.output.sample_rows, 0U);
  ASSERT_EQ(manifest.pairs.size(), 2U);
  EXPECT_EQ(manifest.pairs[1].name, "a") << "in the manifest's order";
  const PairSpec& pair = manifest.pairs[0];
  ASSERT_EQ(pair.tables.size(), 3U);
  EXPECT_EQ(pair.tables[2].text, "!shop.order_tmp");
  EXPECT_EQ(pair.tables[1].span, (SourceSpan{24, 26, 14}));
  ASSERT_EQ(pair.rename.size(), 2U);
  EXPECT_EQ(pair.rename[0].from, "shop.z") << "in the manifest's order";
  EXPECT_EQ(pair.assume,
            (std::vector<Assumption>{Assumption::not_a_replica, Assumption::no_triggers}));
  const TableOptions& options = pair.options;
  EXPECT_EQ(options.where, "region = 7");
  EXPECT_EQ(options.filter_moved, FilterMoved::follow);
  EXPECT_EQ(options.columns, (std::vector<std::string>{"id", "total"}));
  EXPECT_EQ(options.key, (std::vector<std::string>{"id"}));
  EXPECT_EQ(options.large_bytes, 1024U);
  EXPECT_EQ(options.deletes, Deletes::ignore);
  EXPECT_EQ(options.threads, 8U);
  EXPECT_EQ(options.method, Method::stream);
  EXPECT_EQ(options.compress, Compress::no);
  EXPECT_EQ(options.chunk_rows, 1000U);
  EXPECT_EQ(options.chunk_bytes, 4096U);
  EXPECT_EQ(options.recheck, 0U);
  EXPECT_EQ(options.max_unit_rows, 5U);
  EXPECT_EQ(options.max_keyless_rows, 0U);
  EXPECT_EQ(to_string(options.limits.max_deletes), "500");
  EXPECT_EQ(to_string(options.limits.max_changes.value()), "2.5%");
  EXPECT_EQ(options.limits.max_plan_bytes, 1ULL << 30U);
  EXPECT_TRUE(options.limits.allow_empty_source);
}

TEST(Manifest, TheNearerOptionWins) {
  const Manifest manifest = good(R"([defaults]
source = "hq"
target = "dw"
tables = ["shop.*"]
threads = 1
recheck = 7
ignore_columns = ["cached_at"]
limits.max_deletes = 1
limits.max_changes = 2
[pair.a]
threads = 2
where = "a = 1"
limits.max_changes = 3
[pair.a.table."shop.orders"]
threads = 3
columns = ["id"]
limits.allow_empty_source = true
[pair.a.table."shop.gr%C3%B6sse"]
where = "b = 2"
[pair.b]
tables = ["hr.*"]
)");
  const PairSpec& a = manifest.pairs.at(0);
  EXPECT_EQ(a.options.threads, 2U);
  EXPECT_EQ(a.options.recheck, 7U);
  EXPECT_EQ(a.options.limits.max_deletes, (Limit{false, 1, 0}));
  EXPECT_EQ(a.options.limits.max_changes, (Limit{false, 3, 0}));
  EXPECT_EQ(a.options.ignore_columns, (std::vector<std::string>{"cached_at"}));
  const TableOptions& orders = options_for(a, "shop.orders");
  EXPECT_EQ(orders.threads, 3U);
  EXPECT_EQ(orders.where, "a = 1");
  EXPECT_EQ(orders.columns, (std::vector<std::string>{"id"}));
  EXPECT_TRUE(orders.ignore_columns.empty()) << "`columns` replaces what was inherited";
  EXPECT_EQ(orders.limits.max_changes, (Limit{false, 3, 0}));
  EXPECT_TRUE(orders.limits.allow_empty_source);
  EXPECT_EQ(options_for(a, "shop.gr%C3%B6sse").where, "b = 2");
  EXPECT_EQ(options_for(a, "shop.items").threads, 2U);
  ASSERT_EQ(a.overrides.size(), 2U);
  EXPECT_EQ(a.overrides[0].db_table, "shop.orders");
  EXPECT_EQ(a.overrides[0].span, (SourceSpan{22, 15, 13}));
  const PairSpec& b = manifest.pairs.at(1);
  EXPECT_EQ(b.source, "hq");
  EXPECT_EQ(b.tables.size(), 1U) << "a pair's tables replace those of [defaults]";
  EXPECT_EQ(b.tables.at(0).text, "hr.*");
  EXPECT_EQ(b.options.threads, 1U);
  EXPECT_EQ(b.options.where, "");
}

TEST(Manifest, ShowsAnUnknownKey) {
  EXPECT_EQ(rendered(std::string(kOnePair) + "diretion = \"one-way\"\n"),
            "rowplan.toml:13:1: error: unknown key \"diretion\" in [pair.o], did you mean "
            "\"direction\"?\n"
            "  13 | diretion = \"one-way\"\n"
            "     | ^~~~~~~~\n");
}

TEST(Manifest, ShowsAFeatureThatIsNotBuilt) {
  EXPECT_EQ(rendered(std::string(kOnePair) + "sensitive = [\"email\"]\n"),
            "rowplan.toml:13:1: error: \"sensitive\" belongs to sensitive columns, which this "
            "version does not have yet\n"
            "  13 | sensitive = [\"email\"]\n"
            "     | ^~~~~~~~~\n");
}

TEST(Manifest, ShowsAHint) {
  EXPECT_EQ(rendered(std::string(kOnePair) + "chunk_bytes = \"8 megs\"\n"),
            "rowplan.toml:13:15: error: \"chunk_bytes\" must be a size, not \"8 megs\"\n"
            "  13 | chunk_bytes = \"8 megs\"\n"
            "     |               ^~~~~~~~\n"
            "  hint: like 65536, \"64 KiB\", \"8 MiB\" or \"10 GB\"\n");
}

TEST(Manifest, ShowsSyntaxErrors) {
  EXPECT_EQ(rendered("[pair.o\n"),
            "rowplan.toml:9:8: error: not valid TOML: table header: expected ']', saw '\\n'\n"
            "  9 | [pair.o\n"
            "    |        ^\n");
  EXPECT_EQ(rendered("[pair.o]\nsource = \"hq\"\nsource = \"dw\"\n"),
            "rowplan.toml:11:10: error: not valid TOML: key-value pair: cannot redefine existing "
            "string 'source'\n"
            "  11 | source = \"dw\"\n"
            "     |          ^\n");
  EXPECT_EQ(brief("a = \xFF\n"), "1:5+1 not valid TOML: a byte that is not UTF-8");
}

TEST(Manifest, ColumnsAreCharactersAndControlsAreHarmless) {
  EXPECT_EQ(rendered(std::string(kOnePair) +
                     "\t\"gr\xC3\xB6\xC3\x9F\xE2\x80\xAE\" = \"\xC3\xB6\"\tbad\n"),
            "rowplan.toml:13:16: error: not valid TOML: key-value pair: expected a comment or "
            "whitespace, saw 'b'\n"
            "  13 |  \"größ\xEF\xBF\xBD\" = \"ö\" bad\n"
            "     |                ^\n");
  EXPECT_EQ(rendered(std::string(kOnePair) + "\"\\u001B[31m\" = 1\n"),
            "rowplan.toml:13:1: error: unknown key \"\\u001B[31m\" in [pair.o]\n"
            "  13 | \"\\u001B[31m\" = 1\n"
            "     | ^~~~~~~~~~~~\n");
}

TEST(Manifest, LongLinesAreCut) {
  const std::string text = "a = \"" + std::string(300, 'x') + "\" bad " + std::string(300, 'y');
  EXPECT_EQ(render(parse_manifest(text, "m").diagnostics, text),
            "m:1:308: error: not valid TOML: key-value pair: expected a comment or whitespace, saw "
            "'b'\n"
            "  1 | ..." +
                std::string(58, 'x') + "\" bad " + std::string(96, 'y') + "...\n" + "    |    " +
                std::string(60, ' ') + "^\n");
}

TEST(Manifest, PasswordsAreRefusedAndNotShown) {
  const std::string more = std::string(kOnePair) + "[server.x]\nhost = \"h\"\nuser = \"u\"\n";
  for (const std::string key : {"password", "pasword", "PASSWORD", "passwd", "pwd", "pass"}) {
    const std::string text = rendered(more + key + " = \"canary-7f3a\"\n");
    EXPECT_EQ(text, "rowplan.toml:16:1: error: \"" + key +
                        "\" in [server.x]: no secret stands in a manifest\n"
                        "  hint: use password_env, password_file, password_command or "
                        "defaults_file\n");
  }
  EXPECT_EQ(rendered(more + "password = \"canary-7f3a\n"),
            "rowplan.toml:16:24: error: not valid TOML: string: unescaped control characters other "
            "than TAB (U+0009) are explicitly prohibited\n"
            "  16 | password = ***\n"
            "     |               ^\n");
  EXPECT_EQ(rendered(more + "tls = \"no\"\n").find("***"), std::string::npos);
  const std::string inline_table =
      rendered(std::string(kOnePair) +
               "[server]\nx = { hots = \"h\", user = \"u\", password = \"canary-7f3a\" }\n");
  EXPECT_EQ(inline_table.find("canary"), std::string::npos) << inline_table;
}

TEST(Manifest, AllDiagnosticsAtOnce) {
  EXPECT_EQ(brief("manifest_version = 1\n"
                  "nmae = \"x\"\n"
                  "[server.hq]\n"
                  "port = 70000\n"
                  "[pair.o]\n"
                  "source = \"hx\"\n"
                  "tables = []\n"
                  "threads = \"many\"\n"),
            "1:1+1 the manifest has no \"name\"\n"
            "2:1+4 unknown key \"nmae\" in the manifest, did you mean \"name\"?\n"
            "3:9+2 [server.hq] has no \"host\" and no \"socket\"\n"
            "3:9+2 [server.hq] has no \"user\"\n"
            "4:8+5 \"port\" must be from 1 to 65535, not 70000\n"
            "5:7+1 [pair.o] has no \"target\"\n"
            "6:10+4 unknown server \"hx\", did you mean \"hq\"?\n"
            "7:10+2 \"tables\" is an empty list\n"
            "8:11+6 \"threads\" must be a whole number, not a text");
}

TEST(Manifest, Versions) {
  EXPECT_EQ(brief(""),
            "1:1+1 the manifest has no \"manifest_version\"\n"
            "1:1+1 the manifest has no \"name\"\n"
            "1:1+1 the manifest has no [pair.NAME] and no [group.NAME]: there is nothing to sync");
  EXPECT_EQ(brief("manifest_version = 2\nanything = 1\n"),
            "1:20+1 manifest_version 2 is not one that this version reads, which is 1");
  EXPECT_EQ(brief(std::string("manifest_version = \"1\"\nname = \"x\"\n")),
            "1:1+1 the manifest has no [pair.NAME] and no [group.NAME]: there is nothing to sync\n"
            "1:20+3 \"manifest_version\" must be a whole number, not a text");
}

TEST(Manifest, Servers) {
  const auto server = [](const std::string& more) {
    return brief(kHead + std::string(kOnePair) + "[server.x]\n" + more);
  };
  EXPECT_EQ(server("host = \"h\"\nsocket = \"/s\"\nuser = \"u\"\n"),
            "15:1+6 [server.x] has both \"host\" and \"socket\"");
  EXPECT_EQ(server("host = \"h\"\nuser = \"u\"\npassword_env = \"A\"\npassword_file = \"b\"\n"),
            "17:1+13 [server.x] has both \"password_env\" and \"password_file\"");
  EXPECT_EQ(server("host = \"h\"\ndefaults_file = \"f\"\npassword_command = [\"b\"]\n"),
            "15:1+13 [server.x] has both \"password_command\" and \"defaults_file\"");
  EXPECT_EQ(server("host = \"h\"\nuser = \"u\"\ndefaults_group = \"g\"\n"),
            "16:1+14 [server.x] has \"defaults_group\" without \"defaults_file\"");
  EXPECT_EQ(server("host = \"h\"\nuser = \"u\"\ntls_key = \"k\"\n"),
            "16:1+7 [server.x] has \"tls_key\" without \"tls_cert\"");
  EXPECT_EQ(server("host = \"h\"\nuser = \"u\"\ntls = \"verify_ca\"\n"),
            "16:7+11 \"tls\" must be one of \"disabled\", \"preferred\", \"required\", "
            "\"verify-ca\", \"verify-identity\", not \"verify_ca\", did you mean \"verify-ca\"?");
  EXPECT_EQ(server("host = \"h\"\nuser = \"\"\nlock_wait = \"500ms\"\nthreads = 3\n"),
            "15:8+2 \"user\" is empty\n"
            "16:13+7 \"lock_wait\" must be from 1s to 1d, not \"500ms\"\n"
            "17:1+7 unknown key \"threads\" in [server.x]");
  EXPECT_EQ(server("host = \"a\\nb\"\nuser = \"u\"\npassword_command = []\n"),
            "14:8+6 \"host\" holds a control character\n"
            "16:20+2 \"password_command\" is an empty list");
  EXPECT_EQ(brief(kHead + std::string(kOnePair) + "[server.\"a b\"]\nhost = \"h\"\nuser = \"u\"\n"),
            "13:9+5 the name \"a b\" cannot be used");
}

TEST(Manifest, APortOnASocketIsAWarning) {
  const std::string text =
      kHead + std::string(kOnePair) + "[server.x]\nsocket = \"/s\"\nport = 1\nuser = \"u\"\n";
  const ParsedManifest parsed = parse_manifest(text, "m");
  EXPECT_TRUE(parsed.manifest.has_value());
  EXPECT_EQ(render(parsed.diagnostics, text),
            "m:15:1: warning: \"port\" means nothing with \"socket\"\n"
            "  15 | port = 1\n"
            "     | ^~~~\n");
}

TEST(Manifest, Pairs) {
  EXPECT_EQ(brief(kHead + std::string("[pair.o]\nsource = \"hq\"\ntarget = \"hq\"\n")),
            "9:7+1 [pair.o] has no \"tables\"\n"
            "11:10+4 source and target of [pair.o] are the same server, \"hq\"");
  EXPECT_EQ(brief("manifest_version = 1\nname = \"x\"\npair = 3\n"),
            "1:1+1 the manifest has no [pair.NAME] and no [group.NAME]: there is nothing to sync\n"
            "3:8+1 \"pair\" must be a table of tables by name, not a number");
  EXPECT_EQ(brief("manifest_version = 1\nname = \"x\"\npair.o = 3\n"),
            "1:1+1 the manifest has no [pair.NAME] and no [group.NAME]: there is nothing to sync\n"
            "3:6+1 [pair.o] must be a table");
  EXPECT_EQ(rendered("[pair.o]\nsource = \"hq\"\ntarget = \"dv\"\ntables = [\"a.b\"]\n"
                     "[pair.p]\nsource = \"nowhere\"\ntarget = \"dw\"\ntables = [\"a.b\"]\n"),
            "rowplan.toml:11:10: error: unknown server \"dv\", did you mean \"dw\"?\n"
            "  11 | target = \"dv\"\n"
            "     |          ^~~~\n"
            "rowplan.toml:14:10: error: unknown server \"nowhere\"\n"
            "  14 | source = \"nowhere\"\n"
            "     |          ^~~~~~~~~\n"
            "  hint: a server is defined by [server.NAME]\n");
}

TEST(Manifest, ValuesInAPair) {
  EXPECT_EQ(in_pair("deletes = \"never\"\n"),
            "1:11+7 \"deletes\" must be one of \"apply\", \"ignore\", not \"never\"");
  EXPECT_EQ(in_pair("direction = \"oneway\"\n"),
            "1:13+8 \"direction\" must be one of \"one-way\", \"two-way\", \"via-source\", not "
            "\"oneway\", did you mean \"one-way\"?");
  EXPECT_EQ(in_pair("compress = 3\n"), "1:12+1 \"compress\" must be a text, not a number");
  EXPECT_EQ(in_pair("compress = \"gzip\"\n"),
            "1:12+6 \"compress\" must be one of \"auto\", false, true, not \"gzip\"");
  EXPECT_EQ(in_pair("assume = [\"no_trigers\"]\n"),
            "1:11+12 \"assume\" must be one of \"no_triggers\", \"no_foreign_children\", "
            "\"not_a_replica\", not \"no_trigers\", did you mean \"no_triggers\"?");
  EXPECT_EQ(in_pair("key = [\"a\", 3, \"a\"]\n"),
            "1:13+1 \"key\" must be a list of texts, this is a number\n"
            "1:16+3 \"a\" stands twice in \"key\"");
  EXPECT_EQ(in_pair("chunk_rows = 0\nmax_unit_rows = 0\nrecheck = -1\nthreads = 1.5\n"),
            "1:14+1 \"chunk_rows\" must be from 1 to 1000000, not 0\n"
            "2:17+1 \"max_unit_rows\" must be at least 1, not 0\n"
            "3:11+2 \"recheck\" must be from 0 to 100, not -1\n"
            "4:11+3 \"threads\" must be a whole number, not a number with a fraction");
  EXPECT_EQ(in_pair("columns = [\"a\"]\nignore_columns = [\"b\"]\n"),
            "2:1+14 [pair.o] has both \"columns\" and \"ignore_columns\"");
  EXPECT_EQ(in_pair("key = [\"a\"]\nignore_columns = [\"a\"]\n"),
            "2:18+5 the column \"a\" of the key is ignored");
  EXPECT_EQ(in_pair("limits = { max_deletes = \"110%\", max_changes = -1, max_plan = 1 }\n"),
            "1:26+6 \"max_deletes\" must be a number of rows or a share, not \"110%\"\n"
            "1:48+2 \"max_changes\" must be a number of rows or a share, not -1\n"
            "1:52+8 unknown key \"max_plan\" in [pair.o.limits], did you mean \"max_plan_bytes\"?");
}

TEST(Manifest, TableOverrides) {
  EXPECT_EQ(in_pair("[pair.o.table.\"shop.a\"]\ndirection = \"one-way\"\ntables = [\"x.y\"]\n"),
            "2:1+9 unknown key \"direction\" in [pair.o.table.\"shop.a\"]\n"
            "3:1+6 unknown key \"tables\" in [pair.o.table.\"shop.a\"]");
  EXPECT_EQ(in_pair("[pair.o.table.\"shop.a\"]\n[pair.o.table.\"shop.%61\"]\n"),
            "2:15+10 the table \"shop.%61\" stands twice");
  EXPECT_EQ(rendered(std::string(kOnePair) + "[pair.o.table.shop.a]\nthreads = 1\n"),
            "rowplan.toml:13:15: error: \"shop\" is not of the form \"database.table\"\n"
            "  13 | [pair.o.table.shop.a]\n"
            "     |               ^~~~\n"
            "  hint: the name of a table of the source, in one pair of quotes: "
            "[pair.NAME.table.\"database.table\"]\n");
  EXPECT_EQ(rendered(std::string(kOnePair) + "[defaults.table.\"shop.a\"]\n"),
            "rowplan.toml:13:11: error: unknown key \"table\" in [defaults], did you mean "
            "\"tables\"?\n"
            "  13 | [defaults.table.\"shop.a\"]\n"
            "     |           ^~~~~\n"
            "  hint: it is a key of [pair.NAME]\n");
}

TEST(Manifest, WhereIsCheckedWhereItStands) {
  EXPECT_EQ(in_pair("where = \"ä = 1 AND b < NOW()\"\n"),
            "1:24+3 \"where\": NOW() is volatile: members would filter by different values");
  EXPECT_EQ(in_pair("where = \"a = \\\"x\\\" AND b < NOW()\"\n"),
            "1:9+25 \"where\": NOW() is volatile: members would filter by different values")
      << "escapes move columns: the whole value";
  EXPECT_EQ(in_pair("where = \"\"\"\na = 1\nAND b < RAND()\"\"\"\n"),
            "1:9+3 \"where\": RAND() is volatile: members would filter by different values");
  EXPECT_EQ(in_pair("where = \"\"\"\na = 1\n\tAND b < 2\"\"\"\n"), "");
  EXPECT_EQ(in_pair("where = \"\"\n"), "1:9+2 \"where\" is empty");
}

TEST(Manifest, SoftDeletes) {
  EXPECT_EQ(in_pair("deletes = { soft = \"deleted_at\" }\n"), "");
  EXPECT_EQ(in_pair("deletes = {}\n"), "1:1+7 \"deletes\" names neither a column nor a table");
  EXPECT_EQ(in_pair("deletes = { soft = \"\" }\n"), "1:20+2 \"soft\" is empty");
  const Manifest manifest = good(R"([defaults]
source = "hq"
target = "dw"
tables = ["shop.*"]
deletes = { soft = "deleted_at" }
[pair.a]
[pair.a.table."shop.other"]
deletes = { soft = "gone" }
[pair.a.table."shop.ignored"]
deletes = "ignore"
[pair.b]
deletes = "apply"
[pair.c]
deletes = "ignore"
[pair.c.table."shop.soft"]
deletes = { soft = "gone" }
)");
  const auto found = [&](std::size_t pair, const std::string& table) {
    const TableOptions options = options_for(manifest.pairs[pair], table);
    return std::string(deletes_name(options.deletes)) + " " + options.soft_deletes;
  };
  EXPECT_EQ(found(0, "shop.t"), "apply deleted_at");
  EXPECT_EQ(found(0, "shop.other"), "apply gone");
  EXPECT_EQ(found(0, "shop.ignored"), "ignore ");
  EXPECT_EQ(found(1, "shop.t"), "apply ");
  EXPECT_EQ(found(2, "shop.t"), "ignore ");
  EXPECT_EQ(found(2, "shop.soft"), "apply gone");
}

TEST(Manifest, Tombstones) {
  const std::string deletes = "deletes = { tombstones = \"shop.deleted\" }\n";
  const std::string incremental = "[pair.o.incremental]\ncolumn = \"changed\"\n";
  EXPECT_EQ(in_pair(deletes + incremental), "");
  EXPECT_EQ(in_pair(deletes), "1:1+7 [pair.o] has \"tombstones\" and no \"incremental\"");
  EXPECT_EQ(in_pair("deletes = { tombstones = \"deleted\" }\n" + incremental),
            "1:26+9 \"tombstones\" is not the name of a table");
  EXPECT_EQ(in_pair("deletes = { tombstones = \"a.b\", soft = \"c\" }\n" + incremental),
            "1:1+7 \"deletes\" has both \"soft\" and \"tombstones\"");
  EXPECT_EQ(in_pair("deletes = { }\n"), "1:1+7 \"deletes\" names neither a column nor a table");
  const Manifest manifest = good(R"([defaults]
source = "hq"
target = "dw"
tables = ["shop.*"]
deletes = { tombstones = "shop.deleted%2E" }
incremental = { column = "changed" }
[pair.a]
[pair.a.table."shop.other"]
deletes = { tombstones = "ops.gone" }
[pair.a.table."shop.soft"]
deletes = { soft = "gone" }
[pair.b]
deletes = "apply"
)");
  const auto found = [&](std::size_t pair, const std::string& table) {
    const TableOptions options = options_for(manifest.pairs[pair], table);
    return options.tombstones ? options.tombstones->db + " " + options.tombstones->table : "";
  };
  EXPECT_EQ(found(0, "shop.t"), "shop deleted.");
  EXPECT_EQ(found(0, "shop.other"), "ops gone");
  EXPECT_EQ(found(0, "shop.soft"), "");
  EXPECT_EQ(found(1, "shop.t"), "");
}

TEST(Manifest, Features) {
  const auto refused = [](const std::string& what, const std::string& feature) {
    return '"' + what + "\" belongs to " + feature + ", which this version does not have yet";
  };
  EXPECT_EQ(in_pair("[policy]\non_failed_verify = \"undo\"\n"),
            "2:20+6 " + refused("undo", "undoing what failed its verification"));
}

TEST(Manifest, OneWayGroup) {
  const std::string kGroup =
      "[group.g]\nhub = \"hq\"\ntables = [\"shop.*\"]\nthreads = 3\nspokes = ";
  const Manifest manifest = good(kGroup +
                                 "[\"dw\", \"lake\"]\non_missing = \"skip\"\n"
                                 "[server.lake]\nsocket = \"/l\"\nuser = \"u\"\n"
                                 "[server.lake.hooks]\nafter = [\"bell\"]\n");
  ASSERT_EQ(manifest.pairs.size(), 2U);
  EXPECT_EQ(manifest.pairs[0].name, "g@dw");
  EXPECT_EQ(manifest.pairs[1].name, "g@lake");
  EXPECT_EQ(manifest.pairs[1].group, "g");
  EXPECT_EQ(manifest.pairs[1].source, "hq");
  EXPECT_EQ(manifest.pairs[1].target, "lake");
  EXPECT_EQ(manifest.pairs[1].options.threads, 3U);
  EXPECT_TRUE(manifest.pairs[1].may_be_missing);
  EXPECT_EQ(manifest.servers.at("lake").hooks.after, std::vector<std::string>{"bell"});
  EXPECT_EQ(brief(kHead + kGroup + "[\"dw\", \"dw\"]\n"),
            "13:17+4 \"dw\" stands twice in \"spokes\"");
  EXPECT_EQ(brief(kHead + kGroup + "[]\n"), "13:10+2 \"spokes\" is an empty list");
  EXPECT_EQ(brief(kHead + kGroup + "[\"dw\"]\ndirection = \"via-source\"\n"),
            "14:13+12 [group.g]: direction = \"via-source\" is for pairs alone");
}

TEST(Manifest, ViaSource) {
  const Manifest manifest = good(
      "[pair.a]\ndirection = \"via-source\"\ntarget = \"dw\"\n"
      "tables = [\"shop.*\"]\n");
  EXPECT_TRUE(manifest.pairs.at(0).via_source());
  EXPECT_EQ(manifest.pairs.at(0).source, "");
  const auto refused = [](const std::string& title, const std::string& key,
                          const std::string& why) {
    return " [" + title + "]: \"" + key + "\" does not go with direction = \"via-source\": " + why;
  };
  const std::string via = "direction = \"via-source\"\n";
  EXPECT_EQ(in_pair(via + "deletes = \"ignore\"\n"),
            "2:1+7" + refused("pair.o", "deletes",
                              "rows that only a replica has make its replication stop one day"));
  EXPECT_EQ(in_pair(via + "filter_moved = \"follow\"\n"),
            "2:1+12" + refused("pair.o", "filter_moved",
                               "a row that the filter takes on the replica alone would be deleted "
                               "on the source"));
  EXPECT_EQ(in_pair(via + "rename = { \"shop.*\" = \"dw.*\" }\n"),
            "2:1+6" + refused("pair.o", "rename",
                              "a statement means the same table on the source and on its replica"));
  EXPECT_EQ(in_pair(via + "allow_triggers = [\"t\"]\n"),
            "2:1+14" + refused("pair.o", "allow_triggers",
                               "triggers would fire on the source although no row changes there, "
                               "and on the replica"));
  EXPECT_EQ(in_pair(via + "[pair.o.incremental]\ncolumn = \"c\"\n"),
            "2:9+11" + refused("pair.o", "incremental",
                               "a row that replication lost has no newer stamp than others"));
  EXPECT_EQ(in_pair(via + "[pair.o.table.\"shop.t\"]\ndeletes = { soft = \"gone\" }\n"),
            "3:1+7" + refused("pair.o.table.\"shop.t\"", "deletes",
                              "rows that are marked on the source are rows of the replica, too"));
}

/// A value that no key takes is refused for every key that is built, so none is forgotten.
TEST(Manifest, EveryKeyIsChecked) {
  const std::vector<std::pair<Section, std::string>> places = {
      {kRoot, ""},
      {kState, "[state]\n"},
      {kServer, "[server.x]\n"},
      {kDefaults, "[defaults]\n"},
      {kPair, "[pair.x]\n"},
      {kTable, "[pair.x.table.\"a.b\"]\n"},
      {kLimits, "[pair.x.limits]\n"},
      {kIncremental, "[pair.x.incremental]\n"},
      {kPolicy, "[policy]\n"},
      {kOutput, "[output]\n"}};
  for (const auto& [section, header] : places) {
    for (const KeySpec& key : manifest_keys()) {
      if ((key.sections & section) == 0 || key.name == "manifest_version") continue;
      const std::string line = std::string(key.name) + " = 1979-05-27\n";
      const std::string text = section == kRoot ? "manifest_version = 1\n" + line
                                                : "manifest_version = 1\n" + header + line;
      const std::string place = section == kRoot ? "2:" : "3:";
      const std::string expected =
          '"' + std::string(key.name) + '"' + (key.feature.empty() ? " must be " : " belongs to ");
      bool found = false;
      for (const Diagnostic& diagnostic : parse_manifest(text, "m").diagnostics) {
        found = found || (diagnostic.message.starts_with(expected) &&
                          std::to_string(diagnostic.line) + ':' == place);
      }
      EXPECT_TRUE(found) << header << line;
    }
  }
}

TEST(Manifest, RenameRulesAndTables) {
  EXPECT_EQ(in_pair("rename = { \"shop.*\" = \"dw\" }\n"),
            "1:12+8 \"rename\": \"dw\" is not of the form \"database.table\"");
  EXPECT_EQ(in_pair("rename = { shop.a = \"dw.b\" }\n"),
            "1:12+4 \"shop\" in \"rename\" must be a text, not a table");
  EXPECT_EQ(brief(kHead + std::string("[pair.o]\nsource=\"hq\"\ntarget=\"dw\"\n"
                                      "tables = [\"!shop.a\", \"shop\", \"x.y\", \"x.y\"]\n")),
            "12:37+5 \"x.y\" stands twice in \"tables\"");
  EXPECT_EQ(brief(kHead + std::string("[pair.o]\nsource=\"hq\"\ntarget=\"dw\"\n"
                                      "tables = [\"!shop.a\", \"!shop.%\"]\n")),
            "12:10+22 \"tables\" only takes tables out\n"
            "12:22+9 \"tables\": \"!shop.%\" is not of the form \"database.table\"");
}

TEST(Manifest, HostileTextsEndInDiagnostics) {
  std::string deep = "manifest_version = 1\n";
  for (int i = 0; i < 200'000; ++i) deep += "a.";
  EXPECT_EQ(brief(deep + "a = 1\n"), "2:130+1 not valid TOML: a key of too many parts");
  EXPECT_EQ(brief("x = { " + deep.substr(21) + "a = 1 }\n").find("not valid TOML"), 8U);
  EXPECT_EQ(brief(std::string(2'000'000, ' ')),
            "0:0+1 the file is too large for a manifest: over 1 MiB");
  EXPECT_NE(brief(std::string(100'000, '[')), "");
  EXPECT_NE(brief("x = " + std::string(100'000, '[')), "");
  EXPECT_NE(brief(std::string("a\0b", 3)), "");
  EXPECT_EQ(brief("# " + std::string(200, '.') + "\nmanifest_version = 2\n"),
            "2:20+1 manifest_version 2 is not one that this version reads, which is 1");
}

TEST(Manifest, AByteOrderMarkIsPassedOver) {
  const std::string text =
      "\xEF\xBB\xBF"
      "manifest_version = 2\n";
  EXPECT_EQ(render(parse_manifest(text, "m").diagnostics, text),
            "m:1:20: error: manifest_version 2 is not one that this version reads, which is 1\n"
            "  1 | manifest_version = 2\n"
            "    |                    ^\n");
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(parse_size("64 KiB"), 65'536U);
  EXPECT_EQ(parse_size("8MiB"), 8'388'608U);
  EXPECT_EQ(parse_size("10 GB"), 10'000'000'000U);
  EXPECT_EQ(parse_size("0 B"), 0U);
  for (const char* bad : {"", "8", "8 ", "MiB", "8 mib", "8  MiB", "-8 MiB", "1.5 GiB", "8 MiBs",
                          "9223372036854775807 kB", "99999999999999999999 B"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

TEST(Quantity, Durations) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("5s"), milliseconds(5'000));
  EXPECT_EQ(parse_duration("10m"), milliseconds(600'000));
  EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("2d"), milliseconds(172'800'000));
  for (const char* bad : {"", "5", "s", "5 s", "-5s", "5sec", "1.5h", "99999999999999999999s",
                          "9223372036854775807d", "4000d"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Quantity, Shares) {
  EXPECT_EQ(parse_share("10%"), 100'000U);
  EXPECT_EQ(parse_share("0.5%"), 5'000U);
  EXPECT_EQ(parse_share("0.0001%"), 1U);
  EXPECT_EQ(parse_share("100 %"), 1'000'000U);
  for (const char* bad : {"", "10", "%", "101%", "100.1%", "1.%", "0.00001%", "-1%", "1e1%"}) {
    EXPECT_EQ(parse_share(bad), std::nullopt) << bad;
  }
}

TEST(Limit, CountsSharesFromAHundredRowsOn) {
  const Limit share{true, 0, 100'000};
  EXPECT_TRUE(share.allows(99, 100));
  EXPECT_FALSE(share.allows(100, 999));
  EXPECT_TRUE(share.allows(100, 1'000));
  EXPECT_FALSE(share.allows(101, 1'000));
  EXPECT_TRUE((Limit{true, 0, 1'000'000}.allows(1ULL << 63U, 1ULL << 63U)));
  const Limit rows{false, 5, 0};
  EXPECT_TRUE(rows.allows(5, 5));
  EXPECT_FALSE(rows.allows(6, 1'000'000));
}

TEST(Limit, NoneAtAllIsANumber) {
  EXPECT_EQ(pair_options("limits.max_deletes = \"0%\"\n").limits.max_deletes, (Limit{false, 0, 0}));
  EXPECT_EQ(to_string(Limit{true, 0, 5'000}), "0.5%");
  EXPECT_EQ(to_string(Limit{true, 0, 1}), "0.0001%");
}

TEST(Manifest, Throttle) {
  const Manifest manifest = good(R"([defaults.throttle]
max_lag = "5s"
replicas = ["dw"]
nice_ratio = 2
[pair.o]
source = "hq"
target = "dw"
tables = ["shop.*"]
[pair.o.throttle]
max_lag = "1m"
max_load = "Threads_running=25, Threads_connected = 500"
critical_load = "Threads_running=50"
pause_file = "pause"
panic_file = "/run/panic"
not_between = ["08:00-18:00", "22:30-02:00", "23:00-24:00"]
max_snapshot_age = "90s"
)");
  const ThrottleSpec& throttle = manifest.pairs.at(0).throttle;
  EXPECT_EQ(throttle.max_lag, milliseconds(60'000));
  EXPECT_EQ(throttle.replicas, std::vector<std::string>{"dw"});
  EXPECT_EQ(throttle.max_load,
            (std::vector<LoadLimit>{{"Threads_running", 25}, {"Threads_connected", 500}}));
  EXPECT_EQ(throttle.critical_load, (std::vector<LoadLimit>{{"Threads_running", 50}}));
  EXPECT_EQ(throttle.pause_file, "pause");
  EXPECT_EQ(throttle.panic_file, "/run/panic");
  EXPECT_EQ(throttle.nice_ratio, 2U);
  EXPECT_EQ(throttle.max_snapshot_age, milliseconds(90'000));
  EXPECT_EQ(throttle.not_between, (std::vector<DayWindow>{{480, 1080}, {1350, 120}, {1380, 1440}}));
}

TEST(Manifest, ThrottlesThatAreRefused) {
  EXPECT_EQ(in_pair("throttle.replicas = [\"dw\"]"),
            "1:10+8 [pair.o.throttle] has \"replicas\" without \"max_lag\"");
  EXPECT_EQ(in_pair("throttle = { max_lag = \"1s\", replicas = [\"dww\"] }"),
            "1:42+5 unknown server \"dww\", did you mean \"dw\"?");
  for (const std::string bad : {"Threads_running", "=5", "Threads_running=", "Threads_running=-1",
                                "a=1,,b=2", "a=1,", "a=1.5", "a b=1", "a=99999999999999999999"}) {
    EXPECT_NE(in_pair("throttle.max_load = \"" + bad + '"'), "") << bad;
  }
  for (const std::string bad : {"8:00-18:00", "08:00", "08:00-25:00", "08:60-09:00", "08:00-08:00",
                                "24:00-01:00", "08-18", "08:00-18:00-20:00"}) {
    EXPECT_NE(in_pair("throttle.not_between = [\"" + bad + "\"]"), "") << bad;
  }
  EXPECT_EQ(in_pair("throttle.not_between = [\"00:00-12:00\", \"12:00-24:00\"]"),
            "1:24+30 \"not_between\" leaves no time of the day");
  EXPECT_NE(in_pair("throttle.max_snapshot_age = \"0s\""), "");
  EXPECT_NE(in_pair("throttle.max_lag = \"500ms\""), "") << "lag is known in whole seconds";
}

TEST(Manifest, Hooks) {
  const Manifest manifest =
      good(std::string("[hooks]\nbefore = [\"./maintenance\", \"on\"]\n") +
           "[defaults.hooks]\ntimeout = \"5s\"\n" + kOnePair + "hooks.after = [\"true\"]\n");
  EXPECT_EQ(manifest.hooks.before, (std::vector<std::string>{"./maintenance", "on"}));
  EXPECT_EQ(manifest.hooks.timeout, milliseconds(60'000));
  EXPECT_EQ(manifest.pairs.at(0).hooks.after, std::vector<std::string>{"true"});
  EXPECT_EQ(manifest.pairs.at(0).hooks.before, std::vector<std::string>{});
  EXPECT_EQ(manifest.pairs.at(0).hooks.timeout, milliseconds(5'000));
  EXPECT_EQ(in_pair("hooks.before = \"maintenance on\""),
            "1:16+16 \"before\" must be a list of texts, not a text");
}

struct Example {
  std::size_t line = 0;
  std::string text;
};

/// The ```toml blocks of docs/manifest.md.
std::vector<Example> documented_examples() {
  std::ifstream file(std::string(ROWPLAN_SOURCE_DIR) + "/docs/manifest.md");
  std::vector<Example> examples;
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = line == "```toml";
      if (inside) examples.push_back({number, ""});
    } else if (inside) {
      examples.back().text += line + '\n';
    }
  }
  return examples;
}

/// What stands in an example alone; the rest is put around it where it is missing.
std::string completed(const std::string& example) {
  std::string head;
  std::string tail;
  if (example.find("manifest_version =") == std::string::npos) {
    head = "manifest_version = 1\nname = \"shop\"\n";
  }
  for (const std::string name : {"hq", "dw"}) {
    if (example.find("[server." + name + ']') != std::string::npos) continue;
    tail += "[server." + name + "]\nhost = \"" + name + "\"\nuser = \"rowplan\"\n";
  }
  if (example.find("[pair.") == std::string::npos) tail += kOnePair;
  return head + example + tail;
}

TEST(Manifest, TheExamplesOfTheDocumentationHold) {
  const std::vector<Example> examples = documented_examples();
  ASSERT_GT(examples.size(), 5U);
  std::size_t refused = 0;
  for (const Example& example : examples) {
    const std::string text = completed(example.text);
    const ParsedManifest parsed = parse_manifest(text, "docs/manifest.md");
    const bool expected = example.text.find("# refused") == std::string::npos;
    EXPECT_EQ(parsed.manifest.has_value(), expected) << "line " << example.line << '\n'
                                                     << text << render(parsed.diagnostics, text);
    refused += expected ? 0 : 1;
  }
  EXPECT_GT(refused, 0U);
}

/// Every key that is known is told, and so is whether it is built.
TEST(Manifest, TheDocumentationKnowsEveryKey) {
  std::ifstream file(std::string(ROWPLAN_SOURCE_DIR) + "/docs/manifest.md");
  std::stringstream buffer;
  buffer << file.rdbuf();
  const std::string text = buffer.str();
  for (const KeySpec& key : manifest_keys()) {
    EXPECT_NE(text.find('`' + std::string(key.name) + '`'), std::string::npos) << key.name;
  }
}

}  // namespace
}  // namespace rowplan::planner
