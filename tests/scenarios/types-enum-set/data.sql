INSERT INTO t VALUES (1, 'small', ''), (2, '', 'one'), (3, 'größer', 'one,drei'), (4, 'it''s', 'one,two,drei,vier ist 4'),
  (5, NULL, NULL), (6, 'a,b', 'two');
