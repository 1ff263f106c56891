INSERT INTO t VALUES
   ('zürich', 'row 0'),
   ('été', 'row 1'),
   ('a', 'row 2'),
   ('€', 'row 4'),
   ('B', 'row 5');
