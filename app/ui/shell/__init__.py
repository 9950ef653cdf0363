"""What the window is made of around its pages: banners, navigation, header, keys, cards, importing."""
