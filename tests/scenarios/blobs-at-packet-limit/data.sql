INSERT INTO t VALUES (1, REPEAT('a', 700000), REPEAT('b', 700000), ''), (2, REPEAT('c', 700000), REPEAT('d', 700000), REPEAT('é', 300000)),
  (3, REPEAT(x'00', 1000000), NULL, NULL), (4, 'small', 'small', 'small');
