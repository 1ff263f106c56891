CREATE TABLE t (
  id INT NOT NULL PRIMARY KEY, e ENUM('small', '', 'größer', 'a,b', 'it''s') NULL,
  s SET('one', 'two', 'drei', 'vier ist 4') NULL
);
