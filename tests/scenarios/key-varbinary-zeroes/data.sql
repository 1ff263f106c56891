INSERT INTO t VALUES
   (x'', 'row 0'),
   (x'6100', 'row 1'),
   (x'610000', 'row 2'),
   (x'61', 'row 4'),
   (x'6120', 'row 5'),
   (x'ff', 'row 6');
