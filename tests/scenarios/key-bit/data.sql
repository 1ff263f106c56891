INSERT INTO t VALUES
   (0, 'row 0'),
   (49, 'row 1'),
   (0x3131, 'row 2'),
   (1, 'row 4');
