INSERT INTO t VALUES
   (0.1, 'row 0'),
   (0.3, 'row 1'),
   (0.30000000000000004, 'row 2'),
   (1e-300, 'row 4'),
   (16777217, 'row 5');
