"""Private throwaway database servers for tests.

Servers listen on a socket in a temporary directory and nowhere else, and end with the process that
started them, whatever happens to it. MariaDB is this machine's; MySQL runs in the private root that
tests/servers/mysql_root.sh makes.

    with Servers() as servers:
        source = servers.start("mariadb")
        target = servers.start("mysql", "--max-allowed-packet=1M")
        source.execute("SELECT 1")

As a command it runs another one with servers up, named by their sockets in the environment
(ROWPLAN_TEST_MARIADB_1, ROWPLAN_TEST_MYSQL_1, ...):

    servers.py mariadb mariadb mysql -- COMMAND [ARG]...
"""

import atexit
import ctypes
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pymysql

HERE = pathlib.Path(__file__).resolve().parent
MYSQL_ROOT_SH = HERE.parent / "servers" / "mysql_root.sh"
IN_ROOT_SH = HERE.parent / "servers" / "in_root.sh"
START_TIMEOUT_S = 120
SOCKET_PATH_MAX = 100  # sun_path holds 108 bytes
SEQUENCE_MAX = 10_000  # rows of seq.n
PR_SET_PDEATHSIG = 1

# What the tests' own sessions are set to, whatever a test sets globally.
LOADER_SETUP = (
    "SET time_zone = '+00:00', sql_select_limit = 18446744073709551615, sql_safe_updates = 0,"
    " completion_type = 0, autocommit = 1,"
    " sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")


class ServerError(RuntimeError):
    """A server could not be made or did not start; the text ends with its log."""


def cache_dir():
    base = os.environ.get("ROWPLAN_TEST_CACHE")
    if not base:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ["HOME"], ".cache")
        base = os.path.join(home, "rowplan-tests")
    path = pathlib.Path(base)
    path.mkdir(parents=True, exist_ok=True)
    return path


def mysql_root():
    """Path of the private root with MySQL; makes it where it is not there."""
    made = subprocess.run([MYSQL_ROOT_SH], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        raise ServerError(f"{MYSQL_ROOT_SH} failed")
    return made.stdout.strip()


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _tail(path, lines=30):
    try:
        return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


def _version_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split("Ver ")[1].split()[0]


def _user_args():
    return ["--user=root"] if os.geteuid() == 0 else []


class Server:
    """One running server. Subclasses know how their vendor is initialised and started."""

    vendor = ""

    def __init__(self, directory, extra_args):
        self.directory = pathlib.Path(directory)
        self.socket = str(self.directory / "s.sock")
        self.datadir = self.directory / "data"
        self.log = self.directory / "error.log"
        self.extra_args = list(extra_args)
        self.process = None
        if len(self.socket) > SOCKET_PATH_MAX:
            raise ServerError(f"socket path is too long: {self.socket}")

    # What subclasses say.
    def prefix(self):
        return []

    def version(self):
        raise NotImplementedError

    def initialise(self, datadir):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def make_datadir(self):
        """Initialising takes seconds, copying does not: one template is kept per version."""
        name = "".join(c if c.isalnum() or c in ".-" else "_" for c in self.version())
        template = cache_dir() / f"datadir-{self.vendor}-{name}"
        with open(f"{template}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.exists():
                making = self.directory / "template"
                self.initialise(making)
                copy = pathlib.Path(f"{template}.making")
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(making, copy)
                shutil.rmtree(making)
                copy.rename(template)
        shutil.copytree(template, self.datadir)

    def start(self):
        if not self.datadir.exists():
            self.make_datadir()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.prefix() + self.command() + self.extra_args,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_die_with_parent)
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.connect().close()
                return
            except pymysql.err.OperationalError as error:
                late = time.monotonic() > deadline
                if late or self.process.poll() is not None:
                    raise ServerError(f"{self.vendor} does not start: {error}\n{_tail(self.log)}")
            time.sleep(0.05)

    def add_sequence(self):
        """seq.n(i) holds 0 .. SEQUENCE_MAX: rows to make other rows of."""
        digits = "(SELECT 0 d" + "".join(f" UNION ALL SELECT {d}" for d in range(1, 10)) + ")"
        self.execute(
            "CREATE DATABASE seq; CREATE TABLE seq.n (i INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;"
            f"INSERT INTO seq.n SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d FROM {digits} a,"
            f" {digits} b, {digits} c, {digits} e; INSERT INTO seq.n VALUES ({SEQUENCE_MAX})")

    def connect(self, **options):
        """A PyMySQL connection as root. Options are PyMySQL's."""
        settings = {
            "unix_socket": self.socket, "user": "root", "password": "", "charset": "utf8mb4",
            "autocommit": True, "init_command": LOADER_SETUP,
            "client_flag": pymysql.constants.CLIENT.MULTI_STATEMENTS,
        }
        settings.update(options)
        return pymysql.connect(**settings)

    def execute(self, sql, database=None):
        """Runs a script; the server splits it. Returns the rows of its last result set."""
        connection = self.connect(database=database)
        try:
            return run_script(connection, sql)
        finally:
            connection.close()

    def kill(self, signal_number=signal.SIGKILL):
        """Ends the server; by default without any farewell."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal_number)
            self.process.wait()
        self.process = None


class MariaDb(Server):
    vendor = "mariadb"

    def version(self):
        return _version_of(["mariadbd", "--version"])

    def initialise(self, datadir):
        command = ["mariadb-install-db", "--no-defaults", *_user_args(), f"--datadir={datadir}",
                   "--auth-root-authentication-method=normal", "--skip-test-db",
                   "--innodb-log-file-size=32M"]
        with open(self.log, "ab") as log:
            made = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  check=False)
        if made.returncode != 0:
            raise ServerError(f"mariadb-install-db failed\n{_tail(self.log)}")

    def command(self):
        return ["mariadbd", "--no-defaults", *_user_args(), f"--datadir={self.datadir}",
                f"--socket={self.socket}", f"--pid-file={self.directory}/pid",
                f"--tmpdir={self.directory}", "--skip-networking", "--skip-log-bin",
                "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=128M",
                "--innodb-log-file-size=32M", "--innodb-doublewrite=0",
                "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"]


class MySql(Server):
    vendor = "mysql"

    def __init__(self, directory, extra_args):
        super().__init__(directory, extra_args)
        self.root = mysql_root()

    def prefix(self):
        base = self.directory.parent
        return [str(IN_ROOT_SH), self.root, "--rw", str(base), "--"]

    def version(self):
        return _version_of([*self.prefix(), "mysqld", "--version"])

    def initialise(self, datadir):
        command = [*self.prefix(), "mysqld", "--no-defaults", "--user=root",
                   "--initialize-insecure", f"--datadir={datadir}", f"--log-error={self.log}",
                   "--innodb-redo-log-capacity=64M"]
        made = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
        if made.returncode != 0:
            raise ServerError(f"mysqld --initialize-insecure failed\n{_tail(self.log)}")
        # Every server names itself anew.
        (pathlib.Path(datadir) / "auto.cnf").unlink(missing_ok=True)

    def command(self):
        return ["mysqld", "--no-defaults", "--user=root", f"--datadir={self.datadir}",
                f"--socket={self.socket}", f"--pid-file={self.directory}/pid",
                f"--tmpdir={self.directory}", "--skip-networking", "--mysqlx=OFF",
                "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=128M", "--innodb-redo-log-capacity=64M",
                "--innodb-doublewrite=OFF", "--innodb-use-native-aio=OFF"]


VENDORS = {kind.vendor: kind for kind in (MariaDb, MySql)}


class Servers:
    """Servers that live together in one temporary directory, and end with this object."""

    def __init__(self):
        self.running = []
        self.started = 0
        base = _roomy_temporary_directory()
        _remove_leftovers(base)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rowplan-test.", dir=base))
        # Held while we live: so others know what is left over.
        self.lock = open(self.directory / ".lock", "w", encoding="ascii")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        atexit.register(self.stop)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: sys.exit(128 + number))

    def start(self, vendor, *extra_args):
        self.started += 1
        directory = self.directory / f"{vendor}{self.started}"
        directory.mkdir()
        server = VENDORS[vendor](directory, extra_args)
        self.running.append(server)
        server.start()
        server.add_sequence()
        return server

    def end(self, servers):
        """Ends some of them, and gives back the memory that their files take."""
        for server in servers:
            server.kill()
            shutil.rmtree(server.directory, ignore_errors=True)
            self.running.remove(server)

    def stop(self):
        for server in self.running:
            server.kill()
        self.running = []
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def run_script(connection, sql):
    """Runs statements separated by semicolons; raises for the first that fails."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
        while cursor.nextset():
            rows = cursor.fetchall() or rows
        return rows


def _roomy_temporary_directory(bytes_needed=3 << 30):
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        status = os.statvfs(memory)
        if status.f_bavail * status.f_frsize >= bytes_needed:
            return memory
    return pathlib.Path(tempfile.gettempdir())


def _remove_leftovers(base):
    """Directories of runs that were killed: nobody holds their lock any more."""
    for directory in base.glob("rowplan-test.*"):
        try:
            with open(directory / ".lock", "r+", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
        except OSError:
            continue


def main():
    if "--" not in sys.argv:
        sys.exit(__doc__)
    split = sys.argv.index("--")
    vendors, command = sys.argv[1:split], sys.argv[split + 1:]
    with Servers() as servers:
        environment = dict(os.environ)
        for vendor in vendors:
            number = sum(server.vendor == vendor for server in servers.running) + 1
            server = servers.start(vendor)
            environment[f"ROWPLAN_TEST_{vendor.upper()}_{number}"] = server.socket
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
