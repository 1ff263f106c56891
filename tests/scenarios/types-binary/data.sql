INSERT INTO t VALUES
  (1, x'00000000', x'', x'', x'', x'', x''), (2, x'61', x'61', x'6100', x'610000', x'ff', x'fe'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL), (4, x'ffffffff', x'c328', x'a0a1', x'e28228', x'f0288c28', x'5c275c22'),
  (5, 'abcd', 'text', 'text', 'text', 'text', 'text'), (6, x'0d0a1a00', REPEAT(x'00', 300), REPEAT(x'ff', 255),
   REPEAT(x'5c', 65535), REPEAT(x'00', 70000), REPEAT(x'27', 100000)), (7, x'00', x'20', x'2020', x'', x'', x'');
