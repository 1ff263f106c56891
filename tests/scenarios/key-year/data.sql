INSERT INTO t VALUES
   ('0000', 'row 0'),
   (2000, 'row 1'),
   (1901, 'row 2'),
   (1999, 'row 4');
