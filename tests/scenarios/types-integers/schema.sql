CREATE TABLE t (
  id INT NOT NULL PRIMARY KEY,
  tinyint_s TINYINT,
  tinyint_u TINYINT UNSIGNED,
  smallint_s SMALLINT,
  smallint_u SMALLINT UNSIGNED,
  mediumint_s MEDIUMINT,
  mediumint_u MEDIUMINT UNSIGNED,
  int_s INT,
  int_u INT UNSIGNED,
  bigint_s BIGINT,
  bigint_u BIGINT UNSIGNED
);
