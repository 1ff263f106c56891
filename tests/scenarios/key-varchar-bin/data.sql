INSERT INTO t VALUES
   ('abc', 'row 0'),
   ('ABC', 'row 1'),
   ('Abc', 'row 2'),
   ('e', 'row 4'),
   ('', 'row 5'),
   ('東京', 'row 6');
