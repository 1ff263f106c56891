CREATE TABLE t (k ENUM('z', 'm', 'a', 'k', 'b') NOT NULL PRIMARY KEY, v VARCHAR(20));
