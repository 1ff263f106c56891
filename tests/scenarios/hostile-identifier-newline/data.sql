INSERT INTO `new
line` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
