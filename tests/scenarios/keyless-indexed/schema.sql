CREATE TABLE t (
  n INT, i TINYINT UNSIGNED, b BIGINT, ub BIGINT UNSIGNED, z INT(8) ZEROFILL, d DECIMAL(65,30), f FLOAT, db DOUBLE, bi BIT(64), dt DATE, tm TIME(6), dtm DATETIME(6),
  ts TIMESTAMP(3) NULL, y YEAR, c CHAR(5), vc VARCHAR(50), tx MEDIUMTEXT, lt VARCHAR(50) CHARACTER SET latin1,
  u2 VARCHAR(50) CHARACTER SET utf16, bn BINARY(4), vb VARBINARY(50), bl LONGBLOB, e ENUM('', 'a', 'b'), s SET('a', 'b', ''),
  g GEOMETRY, gen INT AS (n + 1) STORED, vir VARCHAR(60) AS (CONCAT(vc, '!')) VIRTUAL,
  KEY (n), KEY (i), KEY (b), KEY (ub), KEY (z), KEY (d), KEY (f), KEY (db), KEY (bi), KEY (dt), KEY (tm), KEY (dtm), KEY (ts),
  KEY (y), KEY (c), KEY (vc), KEY (tx(20)), KEY (lt), KEY (u2), KEY (bn), KEY (vb), KEY (bl(20)), KEY (e), KEY (s)
);
