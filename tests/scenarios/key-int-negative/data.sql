INSERT INTO t VALUES
   (-2147483648, 'row 0'),
   (-5, 'row 1'),
   (-1, 'row 2'),
   (1, 'row 4'),
   (2147483647, 'row 5');
