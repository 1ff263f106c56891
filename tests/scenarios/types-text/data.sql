INSERT INTO t VALUES
  (1, 'plain', 'plain', 'plain', 'plain', 'plain', 'plain'), (2, '', '', '', '', '', ''),
  (3, NULL, NULL, NULL, NULL, NULL, NULL), (4, 'Zürich', 'naïve café', 'ß', '東京', '😀😁', 'á'),
  (5, '''"\\`', 'a''b"c\\d`e%f_g', '\r\n\t', '\0', '\Z', '--;#/*'),
  (6, 'x', REPEAT('é', 500), REPEAT('a', 255), REPEAT('b', 65535), REPEAT('c', 70000), REPEAT('d', 150000)),
  (7, ' lead', 'trail ', ' ', '  ', '\n', ''), (8, 'a', 'a', 'a', 'a', 'a', 'a');
