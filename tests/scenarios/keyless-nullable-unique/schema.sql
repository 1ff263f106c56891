CREATE TABLE t (
  a INT NULL UNIQUE, b VARCHAR(10), f FLOAT, n DECIMAL(10,3), e ENUM('p','q'), s SET('p','q'), y YEAR, h BIT(9),
  d DATETIME(3), g GEOMETRY, bl BLOB, tx TEXT, u VARCHAR(20) NULL, v INT NULL, UNIQUE uv (u, v)
);
