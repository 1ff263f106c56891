INSERT INTO t VALUES
   ('z', 'row 0'),
   ('m', 'row 1'),
   ('a', 'row 2'),
   ('b', 'row 4');
