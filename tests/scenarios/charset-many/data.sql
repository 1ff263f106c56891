INSERT INTO t VALUES (1, 'ascii', _gbk x'8b5c', _sjis x'835c', 'привет', 'привет', '😀é', '😀é', 'é'),
  (2, '', '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'it''s', _gbk x'8b5c8b5c', _sjis x'835c27', 'Я', 'Я', 'a', 'b', '東京');
