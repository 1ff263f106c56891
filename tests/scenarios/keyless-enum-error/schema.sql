CREATE TABLE t (a INT, e ENUM('x', ''));
