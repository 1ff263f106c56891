CREATE TABLE t (code VARCHAR(10) NOT NULL, region INT NOT NULL, v INT, UNIQUE KEY (region, code));
