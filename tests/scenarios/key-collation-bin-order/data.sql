INSERT INTO t VALUES
   ('B', 'row 0'),
   ('D', 'row 1'),
   ('a', 'row 2'),
   ('Z', 'row 4'),
   ('_', 'row 5'),
   ('z', 'row 6');
